from inventory.fulfilment.attempt import Attempt


def claim_promotion(attempt: Attempt) -> None:
    raise NotImplementedError
