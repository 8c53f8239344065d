"""What one fault did: counts, and a sentence for everything that should not have been."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass
class Tally:
    """One line of the table. `given`: how often the fault was really delivered."""

    fault: str
    given: int = 0
    lost: int = 0
    doubled: int = 0
    uncertain: int = 0
    superseded: int = 0
    wrong: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        return not self.wrong and bool(self.given)

    def expect(self, holds: bool, sentence: str) -> None:
        """Note the sentence where it does not hold."""
        if not holds:
            self.wrong.append(sentence)

    def expect_equal(self, found: object, wanted: object, what: str) -> None:
        self.expect(found == wanted, f"{what}: {found}, wanted {wanted}")

    def remark(self, sentence: str) -> None:
        self.remarks.append(sentence)

    def weigh(self, owed: Iterable[object], told: Mapping[object, int] | Iterable[object]) -> None:
        """Count what never arrived and what arrived more than once."""
        arrived, wanted = Counter(told), set(owed)
        self.lost += len(wanted - set(arrived))
        self.doubled += sum(count - 1 for count in arrived.values() if count > 1)
        strangers = set(arrived) - wanted
        self.expect(not strangers, f"{len(strangers)} arrived that nobody owed, e.g. {next(iter(strangers), '')}")
