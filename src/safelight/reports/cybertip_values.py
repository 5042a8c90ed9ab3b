"""The values that CyberTipline's schema allows: what is written must be one of them."""

from __future__ import annotations

_COUNTRIES = (
    "A1 A2 O1 AD AE AF AG AI AL AM AN AO AP AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN "
    "BO BQ BR BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CX CW CY CZ DE DJ DK DM DO "
    "DZ EC EE EG EH ER ES ET EU FI FJ FK FM FO FR FX GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU "
    "GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ "
    "LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY "
    "MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU "
    "RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO "
    "TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
)
COUNTRIES = frozenset(_COUNTRIES.split())
"""Countries, with the codes that geographic databases use for what is none."""
_STATES = (
    "AK AL AR AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ "
    "NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VI VT WA WI WV WY "
)
STATES = frozenset(_STATES.split())
"""States and territories of the USA."""
EVENTS = frozenset({"Login", "Registration", "Purchase", "Upload", "Other", "Unknown"})
PHONE_TYPES = frozenset({"Mobile", "Home", "Business", "Work", "Fax", "Internet", "Recovery"})
EMAIL_TYPES = frozenset({"Home", "Work", "Business", "Recovery"})
CLASSES = frozenset({"A1", "A2", "B1", "B2"})

PICTURES = "Child Pornography (possession, manufacture, and distribution)"
INCIDENTS: dict[str, str] = {
    PICTURES: "material pornograph csam abuse image picture",
    "Online Enticement of Children for Sexual Acts": "entice groom solicit coerc sextort online",
    "Child Sexual Molestation": "molest contact hands-on rape assault",
    "Child Sex Trafficking": "traffic exploit sell",
    "Child Sex Tourism": "tourism travel",
    "Unsolicited Obscene Material Sent to a Child": "unsolicited obscene",
    "Misleading Domain Name": "domain",
    "Misleading Words or Digital Images on the Internet": "misleading words",
}
"""Kinds of incident, with words by which the nearest is found for one that is stated otherwise."""


def nearest_incident(stated: str | None) -> str:
    """The schema's kind of incident for one that is stated; that of pictures, the commonest, where none is."""
    if stated in INCIDENTS:
        return stated
    low = (stated or "").casefold()
    counted = {kind: sum(word in low for word in words.split()) for kind, words in INCIDENTS.items()}
    best = max(counted, key=lambda kind: counted[kind])
    return best if counted[best] else PICTURES
