from inventory.fulfilment.attempt import Attempt


def purchase_loot(attempt: Attempt) -> None:
    raise NotImplementedError
