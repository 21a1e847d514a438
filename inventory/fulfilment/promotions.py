"""Promotion codes (DOMAIN 2.13 E)."""

from catalog.snapshot import Promotion, promotion_code
from inventory.fulfilment.attempt import Attempt, Failed
from inventory.fulfilment.loot import check_loot, fill
from inventory.fulfilment.orders import CodeClaimed, CodeReturned
from inventory.fulfilment.trace import Told
from inventory.fulfilment.vocabulary import Result


def claim_promotion(attempt: Attempt) -> None:
    """Take one use of the code and fill its loot once; where that fails, the use is given back."""
    promotion = _claimable(attempt)
    code, loot_id = promotion.code, promotion.loot_id
    attempt.tell(Told.CLAIM, code, loot_id=loot_id)
    attempt.draft.claim(code, loot_id)
    try:
        loot = attempt.found(Result.LOOT_NOT_FOUND, attempt.catalogue.loot.get(loot_id))
        check_loot(attempt, loot)
        fill(attempt, loot, 1)
    except Failed as failure:
        effects = CodeClaimed(loot_id, code), CodeReturned(loot_id, code)
        raise Failed(failure.result, effects) from failure


def _claimable(attempt: Attempt) -> Promotion:
    code, now, draft = (
        promotion_code(attempt.entry.external_tran_id or ""),
        attempt.now,
        attempt.draft,
    )
    promotion = attempt.found(Result.PROMOTION_NOT_FOUND, attempt.catalogue.promotions.get(code))
    has_started = promotion.starts_at is None or promotion.starts_at <= now
    is_here = not promotion.portals or attempt.platform_bucket in promotion.portals
    attempt.require(
        Result.PROMOTION_NOT_AVAILABLE, that=promotion.active and has_started and is_here
    )
    has_not_ended = promotion.ends_at is None or now < promotion.ends_at
    attempt.require(Result.PROMOTION_EXPIRED, that=has_not_ended)
    may_claim = draft.claimed(code) < promotion.per_player_limit
    attempt.require(Result.PROMOTION_CLAIMED_ALREADY, that=may_claim)
    uses = attempt.promotion_uses.get(code, 0) + draft.claims.get(code, 0)
    is_any_left = promotion.max_uses is None or uses < promotion.max_uses
    attempt.require(Result.PROMOTION_NO_USES_LEFT, that=is_any_left)
    return promotion
