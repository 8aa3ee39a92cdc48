"""One run of the comparison, in a process of its own: train a network, then measure it."""

from __future__ import annotations

from dataclasses import asdict
from dataclasses import dataclass
import json
from pathlib import Path
import sys

from segnet_ros.training.evaluate import main as evaluate
from segnet_ros.training.run.state import STATE_NAME
from segnet_ros.training.train import main as train

CHECKPOINT = 'checkpoint.safetensors'
"""Of the last epoch, the same for all; the best would be chosen by what it is judged by."""
LAST = 'curves.png'
"""What segnet_train writes when a run is complete."""
SPLITS = ('val', 'train')


@dataclass(frozen=True)
class Run:
    """A training of a network."""

    network: str
    seed: int
    folder: Path
    data: Path
    device: str
    arguments: tuple[str, ...]
    """Of segnet_train, for all runs of a comparison."""

    @classmethod
    def from_text(cls, text: str) -> Run:
        """Read what :meth:`to_text` wrote."""
        values = json.loads(text)
        paths = {name: Path(values[name]) for name in ('folder', 'data')}
        return cls(**{**values, **paths, 'arguments': tuple(values['arguments'])})

    def to_text(self) -> str:
        """Write it for another process."""
        return json.dumps(asdict(self), default=str)

    @property
    def is_trained(self) -> bool:
        """Whether the training is complete."""
        return (self.folder / LAST).exists()

    @property
    def is_complete(self) -> bool:
        """Whether it is trained and measured."""
        return self.is_trained and all(self.locate(split).exists() for split in SPLITS)

    def locate(self, split: str) -> Path:
        """Tell where the metrics of a part of the data are."""
        return self.folder / f'{split}.json'

    def finish(self) -> int:
        """
        Train and measure, or what is left of it.

        :return: exit code of the command that failed, else 0
        """
        code = 0 if self.is_trained else train(self.list_train_arguments())
        for split in SPLITS:
            if not code and not self.locate(split).exists():
                code = self._measure(split)
        return code

    def list_train_arguments(self) -> list[str]:
        """List the arguments of segnet_train."""
        own = ['--model', self.network, '--seed', str(self.seed), '--output', str(self.folder)]
        if (self.folder / STATE_NAME).exists():
            own.append('--resume')
        return [*own, '--data', str(self.data), '--device', self.device, *self.arguments]

    def _measure(self, split: str) -> int:
        """Write a file of metrics, unless the code says that something went wrong."""
        arguments = ['--checkpoint', str(self.folder / CHECKPOINT), '--split', split]
        arguments += ['--data', str(self.data), '--device', self.device]
        temporary = self.folder / f'{split}.unfinished'
        code = evaluate([*arguments, '--json', str(temporary)])
        if not code:
            temporary.replace(self.locate(split))
        return code


def main() -> int:
    """Do the run that the only argument describes."""
    return Run.from_text(sys.argv[1]).finish()


if __name__ == '__main__':
    sys.exit(main())
