"""The agents of the demonstration, made once at its first start (`guichet up --demo`) and nowhere else."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from kernel.envelope import Context
from kernel.ids import derived_id
from kernel.runtime.runtime import Runtime
from services.identity.adapters.addresses import lookup_of, owner_of
from services.identity.aggregate.account import account
from services.identity.aggregate.joining import create_demo_agent
from services.identity.aggregate.reservation import reservation, reserve
from services.identity.commands import CreateDemoAgent, ReserveEmail
from services.identity.ports import Passwords
from services.identity.settings import of_identity

PASSWORD = "guichet-demo-2026!"  # noqa: S105  published with the demonstration


@dataclass(frozen=True, slots=True)
class DemoAgent:
    """One of them."""

    email: str
    first_name: str
    last_name: str
    role: str
    services: tuple[str, ...] = ()


AGENTS = (
    DemoAgent("instructeur@demo.example.org", "Claire", "Moreau", "instructeur", ("education", "vie-associative")),
    DemoAgent("instructeur2@demo.example.org", "Julien", "Fabre", "instructeur", ("habitat", "routes")),
    DemoAgent("administrateur@demo.example.org", "Sophie", "Lambert", "administrateur"),
    DemoAgent("auditeur@demo.example.org", "Marc", "Delacroix", "auditeur"),
)


def is_demo_agent(run: Runtime, account: str) -> bool:
    """Whether this is one of them, while the demonstration runs: a password everybody knows needs no second factor."""
    return run.settings.demo and any(account == derived_id(_context(run, agent).command_id) for agent in AGENTS)


async def create_agents(run: Runtime) -> None:
    """Make those that do not exist yet."""
    if run.settings.demo:
        await asyncio.gather(*(_create(run, agent) for agent in AGENTS))


async def _create(run: Runtime, agent: DemoAgent) -> None:
    lookup = lookup_of(run, agent.email)
    if await owner_of(run, lookup):
        return
    ctx = _context(run, agent)
    id = derived_id(ctx.command_id)
    command = CreateDemoAgent(
        account=id,
        email=agent.email,
        first_name=agent.first_name,
        last_name=agent.last_name,
        lookup=lookup,
        terms_version=of_identity(run.settings).terms_version,
        password_hash=await run.port(Passwords).hash(PASSWORD),
        role=agent.role,
        services=agent.services,
    )
    await run.handle(account, id, create_demo_agent, command, ctx)
    await run.handle(reservation, lookup, reserve, ReserveEmail(account=id), ctx.step("reservation"))


def _context(run: Runtime, agent: DemoAgent) -> Context:
    return run.own_initiative("demo-agent", key=agent.email)
