"""What is found when one part of a data set is checked, and how it is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field

from segnet_ros.core.labels import LabelSet
from segnet_ros.training.check.contact_sheet import Tile
from segnet_ros.training.data.frequencies import ClassFrequencies
from segnet_ros.training.data.image_files import Files

SHOWN = 5
"""How many files, or sizes, of a kind are listed."""


@dataclass
class Findings:
    """All about one part of a data set; files with a problem are not in the frequencies."""

    files: Files
    frequencies: ClassFrequencies
    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Images by height and width."""
    unreadable: list[str] = field(default_factory=list)
    """Files that are no images or label images, each with the reason."""
    mismatched: list[str] = field(default_factory=list)
    """Label images that have not the size of their image, with both sizes."""
    unknown: list[str] = field(default_factory=list)
    """Label images with values or colors outside the label set, with these."""
    tiles: list[Tile] = field(default_factory=list)
    """For the contact sheet."""

    @property
    def is_trainable(self) -> bool:
        """Whether training and validation would take every file, and learn something."""
        problems = (self.files.without_label, self.unreadable, self.mismatched, self.unknown)
        return not any(problems) and self.frequencies.labeled_pixels > 0

    def describe(self, label_set: LabelSet) -> Iterator[str]:
        """
        Put the findings into lines.

        :param label_set: with the classes of the frequencies
        """
        files = self.files
        yield f'{len(files.pairs)} pairs in {files.images} and {files.labels}'
        sizes = [f'{height}x{width}: {n}' for (height, width), n in self.sizes.most_common()]
        yield from _list('image sizes, height x width', sizes)
        yield from _list('images without label', [path.name for path in files.without_label])
        yield from _list('labels without image', [path.name for path in files.without_image])
        yield from _list('files that cannot be read', self.unreadable)
        yield from _list('labels that have not the size of their image', self.mismatched)
        yield from _list(f"labels with what '{label_set.name}' does not know", self.unknown)
        yield from self._describe_classes(label_set)

    def _describe_classes(self, label_set: LabelSet) -> Iterator[str]:
        counts = self.frequencies
        if not counts.labeled_pixels:
            yield 'no labeled pixel in the files without a problem'
            return
        names = label_set.names
        width = max(len(name) for name in (*names, 'unlabeled'))
        shares = 100 * counts.pixels[:-1] / counts.labeled_pixels
        yield f'{"class":<{width}}  pixels %  images  weight by median frequency'
        for row in zip(names, shares, counts.images[:-1], counts.weigh(), strict=True):
            yield f'{row[0]:<{width}}  {row[1]:8.2f}  {row[2]:6}  {row[3]:.4f}'
        share = 100 * counts.pixels[-1] / counts.pixels.sum()
        yield f'{"unlabeled":<{width}}  {share:8.2f}  {counts.images[-1]:6}  (% of all pixels)'
        absent = [name for name, n in zip(names, counts.pixels[:-1], strict=True) if not n]
        yield from _list('classes that never occur', absent)


def _list(title: str, entries: Sequence[str]) -> Iterator[str]:
    """Count them and name the first few, if there is any."""
    if entries:
        yield f'{title}: {len(entries)}'
        yield from (f'  {entry}' for entry in entries[:SHOWN])
        if len(entries) > SHOWN:
            yield f'  and {len(entries) - SHOWN} more'
