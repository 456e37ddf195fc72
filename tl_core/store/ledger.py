"""The ledger of a split's test examples: who has looked at them, and what the sealed ones showed.

What stands in it outlives runs and experiments: deleting them does not unsee what they showed.
"""

from sqlalchemy import and_, func, select

from tl_core.errors import UserError
from tl_core.schema import ExperimentConfig, Looks, Unsealing
from tl_core.store.database import Database
from tl_core.store.tables import LookTable, UnsealingTable


class Ledger:
    """The ledger as one owner sees it; runs enter their looks when they finish (`Database.mark_run`)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_looks(self, split_hash: str) -> Looks:
        """Count what has been scored on a split's test examples, what was deleted since included."""
        of_split = and_(LookTable.owner == self._database.owner, LookTable.split_hash == split_hash)
        query = select(func.count(func.distinct(LookTable.experiment_id)), func.count()).where(of_split)
        with self._database.transaction() as session:
            num_experiments, num_models = session.execute(query).one()
        return Looks(num_experiments=num_experiments, num_models=num_models)

    def has_earlier_look(self, experiment: ExperimentConfig) -> bool:
        """Whether another experiment had been scored on the same test examples when this one was planned."""
        query = select(func.count()).where(
            LookTable.owner == self._database.owner,
            LookTable.split_hash == experiment.split.hash,
            LookTable.experiment_id != experiment.experiment_id,
            LookTable.first_at < experiment.created_at,
        )
        with self._database.transaction() as session:
            return bool(session.scalar(query))

    def get_unsealing(self, split_hash: str) -> Unsealing | None:
        """Return what a split's sealed test examples showed; None while nobody has opened them."""
        with self._database.transaction() as session:
            row = session.get(UnsealingTable, (self._database.owner, split_hash))
            return Unsealing.model_validate(row.unsealing) if row else None

    def add_unsealing(self, split_hash: str, unsealing: Unsealing) -> None:
        """Write down what they showed. Raises UserError if that stands there already: it happens once."""
        owner, written = self._database.owner, unsealing.model_dump(mode="json")
        with self._database.transaction() as session:
            if session.get(UnsealingTable, (owner, split_hash)) is not None:
                raise UserError(
                    "The sealed test examples of this split have been opened before.",
                    "See what they showed then, or collect new test examples.",
                )
            session.add(UnsealingTable(owner=owner, split_hash=split_hash, unsealing=written))
