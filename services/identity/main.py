"""The composition root of identity."""

from __future__ import annotations

from collections.abc import Mapping

from kernel.keys import derive
from kernel.runtime.declaration import Service, Worker
from kernel.runtime.process import serve
from services.identity import erasure as traces
from services.identity.adapters import attempts, once, second_factor, sessions, tokens
from services.identity.adapters.federation import askings, choices, visits
from services.identity.adapters.federation.client import OpenIdFederation
from services.identity.adapters.federation.providers import configured
from services.identity.adapters.passwords import Argon2Passwords, SlowLane
from services.identity.adapters.strength import Zxcvbn
from services.identity.aggregate.account import account
from services.identity.aggregate.reservation import reservation
from services.identity.aggregate.subject import subject
from services.identity.api import (
    activation,
    address,
    agents,
    backoffice,
    export,
    federation,
    internal,
    me,
    passwords,
    sign_up,
    tracking,
)
from services.identity.api import second_factor as second_factor_routes
from services.identity.api import sessions as session_routes
from services.identity.demo import create_agents
from services.identity.events import (
    AccountCreated,
    AccountErased,
    ActivationRequested,
    EmailChanged,
    EmailChangeRequested,
    PasswordResetRequested,
    ProfileChanged,
)
from services.identity.housekeeping import keep_house
from services.identity.ports import Federation, Passwords, Strength
from services.identity.projections import accounts, sign_ups
from services.identity.reactions import addresses, erasure
from services.identity.settings import IdentitySettings


def ports(settings: IdentitySettings) -> Mapping[type, object]:
    """Passwords are hashed and judged in the same small lane: neither may starve the rest."""
    lane = SlowLane()
    argon2 = Argon2Passwords(
        lane,
        memory_kib=settings.argon2_memory_kib,
        passes=settings.argon2_time,
        pepper=derive(settings.secret_bytes, "password-pepper"),
    )
    federation = OpenIdFederation(configured(settings))
    return {Passwords: argon2, Strength: Zxcvbn(lane), Federation: federation}


SERVICE = Service(
    name="identity",
    settings=IdentitySettings,
    aggregates=(account, reservation, subject),
    projections=(accounts.projection, sign_ups.projection),
    reactors=(erasure, addresses),
    workers=(Worker("housekeeping", keep_house),),
    routers=(
        sign_up.router,
        activation.router,
        session_routes.router,
        tracking.router,
        me.router,
        passwords.router,
        address.router,
        second_factor_routes.router,
        export.router,
        federation.router,
        backoffice.router,
        agents.router,
        internal.router,
    ),
    state_ddl="".join(
        room.DDL
        for room in (attempts, once, second_factor, sessions, tokens, traces, askings, choices, visits)  # in one order
    ),
    ports=ports,
    starting=create_agents,
    entitled={
        "dossiers": (AccountCreated, ProfileChanged, EmailChanged),
        "notifier": (
            AccountCreated,
            ActivationRequested,
            PasswordResetRequested,
            EmailChangeRequested,
            EmailChanged,
            AccountErased,
        ),
    },
)

if __name__ == "__main__":
    serve(SERVICE)
