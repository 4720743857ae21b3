"""How far providers' credentialing is. Runs within the caller's unit of work and never commits."""

from gate.credentialing.model.dashboard import Dashboard, dashboard
from gate.credentialing.repository import applications, payers, tasks
from gate.credentialing.service.finding import provider_of
from gate.credentialing.service.payers import PayerService
from gate.persistence.unit_of_work import UnitOfWork


class DashboardService:
    """The providers of one tenant: the unit's."""

    def __init__(self, payer_service: PayerService) -> None:
        self._payers = payer_service

    async def of_provider(self, unit: UnitOfWork, provider_id: str) -> Dashboard:
        """One provider with every payer that was chosen for them.

        Raises:
            NotFound: the tenant has no such provider.
        """
        provider = await provider_of(unit, provider_id)
        own = await applications.of_provider(unit, provider.id)
        to_do = await tasks.of_provider(unit, provider.id)
        names = await payers.names(unit, (each.payer_id for each in own))
        return dashboard(provider, own, to_do, names, await self._payers.today(unit))
