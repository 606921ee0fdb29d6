"""Names of all kinds that somebody types, and what is kept of them."""

from hypothesis import reject
from hypothesis import strategies as st

from punchcard.kit.validation import texts
from punchcard.kit.validation.invalid import InvalidValue


def as_kept(name: str) -> str:
    """Return a name as the shop keeps it: without what nobody sees; not one without anything."""
    try:
        return texts.one_line(name)
    except InvalidValue:
        reject()


NAMES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=120
).filter(lambda name: name.strip() == name)
