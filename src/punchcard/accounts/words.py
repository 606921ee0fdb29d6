"""What roles, actors and audited actions are called, on pages and in files."""

from collections.abc import Mapping
from typing import Final

from punchcard.accounts.vocabulary import Role
from punchcard.kit.i18n import N_

ROLE_NAMES: Final[Mapping[str, str]] = {
    Role.OWNER: N_("Owner"),
    Role.MANAGER: N_("Manager"),
    Role.STAFF: N_("Staff"),
}
"""By role."""

LANGUAGE_NAMES: Final[Mapping[str, str]] = {
    "en": "English",
    "fr": "Français",
    "de": "Deutsch",
    "lb": "Lëtzebuergesch",
}
"""Each language by its own name."""

SUBJECTS: Final[Mapping[str, str]] = {
    "account": N_("Account"),
    "admin": N_("Admin"),
    "api_key": N_("API key"),
    "card": N_("Card"),
    "customer": N_("Member"),
    "device": N_("Terminal"),
    "export": N_("List"),
    "keys": N_("Server's keys"),
    "import": N_("Import"),
    "location": N_("Location"),
    "member": N_("Person"),
    "nobody": N_("Stranger"),
    "pairing_code": N_("Pairing code"),
    "pin": N_("Staff PIN"),
    "program": N_("Program"),
    "reward": N_("Reward"),
    "session": N_("Session"),
    "staff_pin": N_("Staff PIN"),
    "vendor": N_("Shop"),
}
"""What an audited action was done to, by kind; a kind that is not here is shown as it is."""

ACTIONS: Final[Mapping[str, str]] = {
    "access.refused": N_("Access refused"),
    "admin.created": N_("Admin added"),
    "admin.email_changed": N_("E-mail address changed"),
    "admin.guessed_at": N_("Somebody keeps typing wrong passwords"),
    "admin.recovery_codes_renewed": N_("Recovery codes renewed"),
    "admin.second_factor_added": N_("Second factor set up"),
    "admin.second_factor_removed": N_("Second factor removed"),
    "admin.password_changed": N_("Password changed"),
    "admin.password_reset": N_("Password reset by e-mail"),
    "api_key.created": N_("API key created"),
    "api_key.revoked": N_("API key revoked"),
    "card.blocked": N_("Card blocked"),
    "card.points_adjusted": N_("Points corrected"),
    "card.replaced": N_("Card replaced"),
    "card.unblocked": N_("Card unblocked"),
    "card.updated": N_("Card details changed"),
    "customer.email_verified": N_("Customer confirmed their e-mail address"),
    "customer.erased": N_("Customer data deleted"),
    "customer.news_chosen": N_("Customer changed their choice about news"),
    "device.expired": N_("Terminal unpaired: not seen for long"),
    "device.paired": N_("Terminal paired"),
    "vendor.reached": N_("A phone reached the server"),
    "device.revoked": N_("Terminal unpaired"),
    "device.updated": N_("Terminal changed"),
    "export.taken": N_("List or data taken along"),
    "keys.renewed": N_("Lost keys of the server replaced"),
    "keys.retired": N_("Old keys of the server retired"),
    "keys.rotated": N_("Keys of the server changed"),
    "import.created": N_("Import of history begun"),
    "location.closed": N_("Location closed"),
    "location.created": N_("Location added"),
    "location.updated": N_("Location changed"),
    "member.created": N_("Person added"),
    "member.email_changed": N_("E-mail address changed"),
    "member.guessed_at": N_("Somebody keeps typing wrong passwords"),
    "member.invited": N_("Invitation sent again"),
    "member.recovery_codes_renewed": N_("Recovery codes renewed"),
    "member.second_factor_added": N_("Second factor set up"),
    "member.second_factor_removed": N_("Second factor removed"),
    "member.password_changed": N_("Password changed"),
    "member.password_reset": N_("Password reset by e-mail"),
    "member.removed": N_("Person removed"),
    "member.updated": N_("Person changed"),
    "pairing.refused": N_("Wrong pairing code"),
    "pairing_code.created": N_("Pairing code created"),
    "password.refused": N_("Wrong password in a session"),
    "personal_data.read": N_("Customers' contact data looked at"),
    "pin.changed": N_("Staff PIN changed"),
    "pin.created": N_("Staff PIN added"),
    "pin.retired": N_("Staff PIN retired"),
    "pin.unlocked": N_("Staff PIN unlocked"),
    "pin.locked": N_("Staff PIN locked after wrong PINs"),
    "pin.exhausted": N_("Staff PIN exhausted by wrong PINs"),
    "pin_entry.locked": N_("PIN entry locked after wrong PINs"),
    "pin.refused": N_("Wrong staff PIN"),
    "pin.updated": N_("Staff PIN details changed"),
    "program.activated": N_("Opened for business"),
    "program.created": N_("Program created"),
    "program.deactivated": N_("Switched off"),
    "program.deleted": N_("Program deleted"),
    "program.logo_changed": N_("Logo changed"),
    "program.hero_changed": N_("Wide picture changed"),
    "program.updated": N_("Program changed"),
    "reward.archived": N_("Reward withdrawn"),
    "reward.created": N_("Reward added"),
    "reward.restored": N_("Reward offered again"),
    "reward.updated": N_("Reward changed"),
    "session.opened": N_("Signed in"),
    "session.refused": N_("Sign-in refused"),
    "session.revoked": N_("Session ended"),
    "token.refused": N_("Unknown or expired credential shown"),
    "vendor.closed": N_("Shop closed"),
    "vendor.created": N_("Shop opened"),
    "vendor.resumed": N_("Shop resumed"),
    "vendor.suspended": N_("Shop suspended"),
    "vendor.updated": N_("Shop settings changed"),
}
"""What each action of the audit trail is called."""
ACTORS: Final[Mapping[str, str]] = {
    "admin": N_("Admin"),
    "api_key": N_("API key"),
    "device": N_("Terminal"),
    "member": N_("Person"),
    "nobody": N_("The customer"),
    "system": N_("The server"),
}
"""What an actor without a name is called, by kind."""
