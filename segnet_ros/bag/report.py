"""What is said once a bag is labeled."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from segnet_ros.bag.progress import Progress


class Report:
    """What was labeled, what was not, and why."""

    def __init__(self, progress: Progress) -> None:
        """
        Sum up.

        :param progress: that has come to its end
        """
        self._outputs = progress.outputs
        self._damage = progress.list_damage()
        self._labeled: Counter[str] = Counter()
        self._problems: dict[str, tuple[int, str]] = {}
        for part in progress.parts:
            self._labeled.update(part.labeled)
            for name, (count, first) in part.problems.items():
                before, known = self._problems.get(name, (0, first))
                self._problems[name] = (before + count, known)

    @property
    def is_complete(self) -> bool:
        """Whether every image that should be in the bag was labeled."""
        return not self._problems and not self._damage

    def write(self, target: Path) -> str:
        """
        Write it, in lines.

        :param target: where the new bag is
        """
        lines = [f'{target}: {self._labeled.total()} images labeled']
        for name, outputs in self._outputs.items():
            lines.append(f'  {name}: {self._labeled[name]} to {", ".join(outputs)}')
        for name, (count, first) in self._problems.items():
            lines.append(f'  {name}: {count} without labels, the first because: {first}')
        lines += [f'not whole, labeled as far as it goes: {problem}' for problem in self._damage]
        return '\n'.join(lines)
