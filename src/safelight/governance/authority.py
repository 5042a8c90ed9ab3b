"""Check a case's authority: is it valid now, does it allow this, is it complete? Pure functions."""

from __future__ import annotations

from datetime import date

from safelight.errors import RefusedError, UsageError
from safelight.model import Authority, Capability, Case, Ground


def check_new(authority: Authority, acting_user: str, today: date) -> None:
    """Refuse to open a case on an authority that is incomplete or already over.

    `today` is in UTC. Raises UsageError for contradictions, RefusedError where it has expired, or where approver,
    ground or offence are missing (red line, rules 1 and 3).
    """
    if not authority.allows:
        raise UsageError(
            "No capability is allowed.", "Name at least one with --allow, for example hash-match."
        )
    if not authority.reference.strip() or not authority.issued_by.strip():
        raise UsageError("An authority needs a reference and an issuer.", "Give --reference and --issued-by.")
    if authority.valid_until < authority.valid_from:
        raise UsageError(
            f"Valid until {authority.valid_until} lies before valid from {authority.valid_from}."
        )
    if authority.valid_until < today:
        raise RefusedError(
            f"The authority {authority.reference} expired on {authority.valid_until}: no case can be opened on it.",
            "authority expired",
            "Is the date right? Else ask the issuing authority for a new order.",
        )
    if authority.approved_by and authority.approved_by.strip().casefold() == acting_user.strip().casefold():
        raise RefusedError(
            "The approver is the acting user.",
            "approver",
            "--approved-by must name someone else than the acting user.",
        )
    if Capability.FACE_SEARCH in authority.allows:
        if not (authority.approved_by and authority.approved_by.strip()):
            raise RefusedError(
                "Face search needs an approver.",
                "approver",
                "Give --approved-by, someone other than the acting user.",
            )
        if authority.ground is None:
            raise RefusedError(
                "Face search needs a ground.",
                "ground",
                "Give --ground missing-person, victim-identification or suspect.",
            )
        if authority.ground is Ground.SUSPECT and not (authority.offence and authority.offence.strip()):
            raise RefusedError("The ground 'suspect' needs the offence named.", "offence", "Give --offence.")


def check_valid(case: Case, today: date) -> None:
    """Refuse when the case is closed, not valid yet, or no longer valid (`today` in UTC)."""
    authority = case.authority
    if case.closed_at is not None:
        raise RefusedError(
            f"The case '{case.name}' is closed.", "case closed", "Open a new case with its own authority."
        )
    if today < authority.valid_from:
        raise RefusedError(
            f"The authority {authority.reference} of '{case.name}' is valid from {authority.valid_from} only.",
            "authority not yet valid",
        )
    if today > authority.valid_until:
        raise RefusedError(
            f"The authority {authority.reference} of '{case.name}' expired on {authority.valid_until}.",
            "authority expired",
            "Ask the issuing authority for a new order and open a case on it.",
        )


def check_allows(case: Case, capability: Capability) -> None:
    """Refuse when the authority does not name the capability."""
    if capability not in case.authority.allows:
        allowed = ", ".join(sorted(case.authority.allows))
        raise RefusedError(
            f"The authority {case.authority.reference} of '{case.name}' does not allow '{capability}' "
            f"(it allows: {allowed}).",
            f"capability {capability}",
            "A wider order needs a new case.",
        )
