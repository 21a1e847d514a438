from inventory.fulfilment.attempt import Attempt


def purchase_dynamic_bundle(attempt: Attempt) -> None:
    raise NotImplementedError
