"""The work on a bag: label and write one part after the other, from where it was interrupted."""

from __future__ import annotations

from typing import Any
from typing import NamedTuple

from segnet_ros.bag.cameras import Camera
from segnet_ros.bag.journal import Journal
from segnet_ros.bag.part import Label
from segnet_ros.bag.part import label_part
from segnet_ros.bag.part import merge
from segnet_ros.bag.part_writer import PartWriter
from segnet_ros.bag.part_writer import Written
from segnet_ros.bag.progress import Part
from segnet_ros.bag.progress import Progress
from segnet_ros.bag.source.messages import Place
from segnet_ros.bag.source.reading import Reading
from segnet_ros.bag.source.source_bag import SourceBag
from segnet_ros.bag.workplace import Workplace
from tqdm import tqdm


class Job(NamedTuple):
    """All that the work needs."""

    bag: SourceBag
    cameras: list[Camera]
    workplace: Workplace
    progress: Progress
    label: Label
    writer: PartWriter
    most_bytes: float
    """About what a part has at most."""

    def run(self) -> None:
        """
        Label and write what is left to do, behind a progress bar.

        :raises OSError: if something cannot be read or written; the same call goes on from there
        """
        total = sum(self.bag.counts[camera.key] for camera in self.cameras)
        done = self.progress.count_images()
        with tqdm(total=total, initial=done, desc='label', unit='image') as bar:
            for number in range(len(self.bag.files)):
                self._label_file(number, bar)

    def _label_file(self, number: int, bar: tqdm[Any]) -> None:
        """
        Do the parts of a file that are not yet done.

        :param number: of the file
        """
        file = self.bag.files[number]
        parts = [part for part in self.progress.parts if part.file == number]
        if parts and parts[-1].is_last:
            return
        place = Place(*parts[-1].place) if parts else Place()
        to_label, to_write = Reading(file, place), Reading(file, place)
        while True:
            journal = self._label_part(to_label, bar)
            written = self._write_part(to_write, journal)
            index = len(self.progress.parts)
            self.workplace.keep(index, written.metadata)
            place, is_last = to_label.place, to_label.is_at_end
            damage = f'{file.path.name}: {file.damage}' if is_last and file.damage else ''
            part = Part(number, list(place), is_last, damage, *written)
            self.progress.parts.append(part)
            self.progress.save(self.workplace.progress)
            journal.path.unlink()
            if is_last:
                return

    def _label_part(self, messages: Reading, bar: tqdm[Any]) -> Journal:
        journal = Journal(self.workplace.locate_journal(len(self.progress.parts)))
        bar.update(journal.images)
        label_part(
            messages,
            {camera.key for camera in self.cameras},
            self.label,
            journal,
            self.progress.batch_size,
            self.most_bytes,
            bar.update,
        )
        journal.close()
        return journal

    def _write_part(self, messages: Reading, journal: Journal) -> Written:
        folder = self.workplace.locate_part(len(self.progress.parts))
        with tqdm(
            merge(messages, journal), 'write', journal.passed, leave=False, unit='message'
        ) as results:
            return self.writer.write(results, folder)
