"""Files that were cut off or damaged are read as far as they go, wherever that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
import shutil
import sqlite3
from typing import Any
import zlib

from bag_files import drive
from bag_files import make_wheel
from bag_files import Sent
from bag_files import START
from bag_files import TOPICS
from bag_files import write_bag
import pytest
from rosbags.rosbag2 import CompressionMode
from rosbags.rosbag2 import storage_mcap
from segnet_ros.bag.source.messages import BagFile
from segnet_ros.bag.source.messages import Place
from segnet_ros.bag.source.open_file import open_file
from segnet_ros.bag.source.scanned_database import ScannedDatabase
from segnet_ros.bag.source.scanned_mcap import ScannedMcap
from segnet_ros.bag.source.source_bag import SourceBag

ROUNDS = 8
SHARES = (0.97, 0.8, 0.5, 0.25)


def cut(path: Path, share: float) -> Path:
    """Keep the first bytes of a file."""
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def read_all(file: BagFile, place: Place = Place()) -> list[Sent]:  # noqa: B008 - immutable
    """Read the messages of a file after a place."""
    return [Sent(one.key.name, one.stamp, one.data) for one in file.read(place)]


def check_topics(file: BagFile) -> None:
    """Make sure that topics are described as in the whole file."""
    for topic in file.topics:
        msgtype, qos = TOPICS[topic.key.name]
        assert topic.key.msgtype == msgtype
        assert topic.qos == (qos,)
        assert 'std_msgs/Header' in topic.definition.data or 'ticks' in topic.definition.data


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the library begin a chunk of an mcap file with every few messages, not every MiB."""
    write = storage_mcap.McapWriter.write

    def write_and_close(writer: Any, *values: Any) -> None:
        write(writer, *values)
        if writer.chunk.bio.tell() > 30_000:
            writer.close_chunk()

    monkeypatch.setattr(storage_mcap.McapWriter, 'write', write_and_close)


@pytest.mark.usefixtures('small_chunks')
@pytest.mark.parametrize('compression', [CompressionMode.NONE, CompressionMode.STORAGE])
@pytest.mark.parametrize('share', SHARES)
def test_an_mcap_file_that_is_cut_off_gives_what_comes_before(
    tmp_path: Path, share: float, compression: CompressionMode
) -> None:
    sent = drive(ROUNDS)
    path = write_bag(tmp_path / 'in', sent, compression=compression) / 'in.mcap'
    file = open_file(cut(path, share), tmp_path)
    found = read_all(file)
    assert found == sent[: len(found)]
    assert abs(len(found) - share * len(sent)) < 15  # of a compressed chunk all may be lost
    assert file.damage  # even where nothing but the index is missing: that cannot be known
    assert file.counts.total() == len(found)
    assert file.is_compressed == (compression == CompressionMode.STORAGE)
    assert read_all(file, Place(3)) == found[3:]
    check_topics(file)


def test_an_mcap_file_is_read_up_to_the_last_whole_message(tmp_path: Path) -> None:
    """The chunk, of which a part is missing, has all of the messages."""
    sent = drive(3)
    path = write_bag(tmp_path / 'in', sent) / 'in.mcap'
    data = path.read_bytes()
    for kept in (1, 5, 12):
        end = data.index(sent[kept].data)  # of the first that is not whole
        path.write_bytes(data[: end + 3])
        assert read_all(open_file(path, tmp_path)) == sent[:kept]


@pytest.mark.usefixtures('small_chunks')
def test_an_mcap_file_without_its_index_is_whole(tmp_path: Path) -> None:
    sent = drive(3)
    path = write_bag(tmp_path / 'in', sent) / 'in.mcap'
    path.write_bytes(path.read_bytes()[:-40])
    file = open_file(path, tmp_path)
    assert isinstance(file, ScannedMcap)
    assert read_all(file) == sent
    assert file.damage == ''


@pytest.mark.usefixtures('small_chunks')
def test_a_damaged_chunk_ends_a_whole_mcap_file(tmp_path: Path) -> None:
    sent = drive(6)
    source = write_bag(tmp_path / 'in', sent, compression=CompressionMode.STORAGE)
    data = bytearray((source / 'in.mcap').read_bytes())
    middle = data.index(b'\x28\xb5\x2f\xfd', len(data) // 2)
    data[middle : middle + 200] = bytes(200)
    (source / 'in.mcap').write_bytes(data)
    bag = SourceBag(source, tmp_path)
    (file,) = bag.files
    found = read_all(file)
    assert found == sent[: len(found)]
    assert 0 < len(found) < len(sent)
    assert file.damage.startswith('it cannot be read beyond')
    assert not bag.damage


def write_checksums(path: Path) -> list[int]:
    """Give the chunks of an mcap file their checksums, and tell where they end."""
    data = bytearray(path.read_bytes())
    position, ends = 8, []
    while data[position] != 0x0F:
        begin = position + 9
        position = begin + int.from_bytes(data[position + 1 : position + 9], 'little')
        if data[begin - 9] == 0x06:
            records = data[begin + 40 : position]
            data[begin + 24 : begin + 28] = zlib.crc32(records).to_bytes(4, 'little')
            ends.append(position)
    path.write_bytes(data)
    return ends


@pytest.mark.usefixtures('small_chunks')
def test_a_chunk_with_another_checksum_ends_a_file_without_its_index(tmp_path: Path) -> None:
    sent = drive(6)
    path = write_bag(tmp_path / 'in', sent) / 'in.mcap'
    ends = write_checksums(path)
    assert len(ends) > 3
    data = bytearray(path.read_bytes()[:-40])
    path.write_bytes(data)
    assert read_all(open_file(path, tmp_path)) == sent
    data[ends[2] - 1] ^= 1
    path.write_bytes(data)
    file = open_file(path, tmp_path)
    found = read_all(file)
    assert found == sent[: len(found)]
    assert 7 < len(found) < len(sent)
    assert file.damage


@pytest.mark.parametrize('order', ['ascending', 'mixed'])
def test_an_mcap_file_without_chunks_is_read_in_any_order(tmp_path: Path, order: str) -> None:
    """The recorder's fastest preset writes no chunks; the library wants ascending stamps then."""
    sent = drive(2)
    if order == 'mixed':
        sent[3], sent[9] = sent[9], sent[3]
    path = write_bag(tmp_path / 'in', sent) / 'in.mcap'
    unpack_chunks(path)
    file = open_file(path, tmp_path)
    assert read_all(file) == sent
    assert file.damage == ''


def unpack_chunks(path: Path) -> None:
    """Take the records of an mcap file out of its chunks, and leave out its index."""
    data = path.read_bytes()
    found, position = data[:8], 8
    while True:
        kind, size = data[position], int.from_bytes(data[position + 1 : position + 9], 'little')
        record = data[position + 9 : position + 9 + size]
        position += 9 + size
        if kind == 0x06:
            found += record[8 + 8 + 8 + 4 + 4 + 8 :]  # after times, size, checksum, no name, size
        elif kind == 0x0F:
            break
        elif kind == 0x01:
            found += bytes([kind]) + size.to_bytes(8, 'little') + record
    end = b'\x0f' + (4).to_bytes(8, 'little') + bytes(4)
    footer = b'\x02' + (20).to_bytes(8, 'little') + bytes(20)
    path.write_bytes(found + end + footer + data[:8])


def write_deep_database(path: Path, sent: list[Sent]) -> Path:
    """Write a database of small pages, of which the pages that lead to others are spread out."""
    source = write_bag(path, sent, 'sqlite3') / f'{path.name}.db3'
    with sqlite3.connect(source) as database:
        database.execute('PRAGMA page_size = 512')
        database.execute('VACUUM')
        columns = 'topic_id, timestamp, data'
        rows = database.execute(f'SELECT {columns} FROM messages ORDER BY id').fetchall()
        database.execute('DELETE FROM messages')
        database.commit()
        database.execute('VACUUM')
    with sqlite3.connect(source) as database:
        database.executemany(f'INSERT INTO messages ({columns}) VALUES (?, ?, ?)', rows)
    database.close()
    return source


@pytest.mark.parametrize('write', ['one level', 'deep'])
@pytest.mark.parametrize('share', SHARES)
def test_a_database_that_is_cut_off_gives_what_comes_before(
    tmp_path: Path, share: float, write: str
) -> None:
    if write == 'deep':
        ticks = range(START, START + 2000)
        sent = [Sent('/wheel', tick, make_wheel(tick, tick)) for tick in ticks]
        path = write_deep_database(tmp_path / 'in', sent)
    else:
        sent = drive(ROUNDS)
        path = write_bag(tmp_path / 'in', sent, 'sqlite3') / 'in.db3'
    file = open_file(cut(path, share), tmp_path)
    assert isinstance(file, ScannedDatabase)
    found = read_all(file)
    assert set(found) <= set(sent)
    assert found == [one for one in sent if one in set(found)]
    # What says where a message begins comes after the first messages, with those of its page.
    assert len(found) > share * len(sent) - max(16, len(sent) / 6)
    assert file.damage
    assert file.counts.total() == len(found)
    assert read_all(file, Place(3)) == found[3:]
    check_topics(file)


@pytest.mark.parametrize('write', [write_deep_database, write_bag])
def test_a_scan_of_a_whole_database_finds_everything_once(
    tmp_path: Path, write: Callable[..., Path]
) -> None:
    sent = drive(30)
    if write is write_bag:
        path = write_bag(tmp_path / 'in', sent, 'sqlite3') / 'in.db3'
    else:
        path = write_deep_database(tmp_path / 'in', sent)
    assert read_all(ScannedDatabase(path)) == sent == read_all(open_file(path, tmp_path))


def test_a_recorder_that_was_killed_has_left_messages_beside_the_database(tmp_path: Path) -> None:
    sent = drive(4)
    whole = write_bag(tmp_path / 'whole', sent, 'sqlite3') / 'whole.db3'
    source = tmp_path / 'in'
    source.mkdir()
    with sqlite3.connect(whole) as database:
        database.execute('PRAGMA journal_mode = WAL')
        database.execute('PRAGMA wal_autocheckpoint = 0')
        rows = database.execute('SELECT * FROM messages WHERE id > 9').fetchall()
        database.execute('DELETE FROM messages WHERE id > 9')
        database.commit()
        database.execute('PRAGMA wal_checkpoint(TRUNCATE)')
        database.executemany('INSERT INTO messages VALUES (?, ?, ?, ?)', rows)
        database.commit()
        for path in whole.parent.glob('whole.db3*'):
            shutil.copy(path, source / path.name.replace('whole', 'in_0'))
    database.close()
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    assert len(before) == 3

    bag = SourceBag(source, tmp_path)
    assert read_all(bag.files[0]) == sent
    (damage,) = bag.damage
    assert damage.startswith('metadata.yaml: there is none')
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before


def test_files_without_metadata_are_read_by_their_numbers(tmp_path: Path) -> None:
    source = tmp_path / 'in'
    source.mkdir()
    sent = drive(11)
    for index in range(11):
        piece = sent[7 * index : 7 * index + 7]
        file = write_bag(tmp_path / f'piece_{index}', piece) / f'piece_{index}.mcap'
        file.rename(source / f'drive_2024_05_01_{index}.mcap')
    bag = SourceBag(source, tmp_path)
    assert [one for file in bag.files for one in read_all(file)] == sent


def test_a_missing_file_of_several_is_told(tmp_path: Path) -> None:
    source = write_bag(tmp_path / 'in', drive(2))
    metadata = (source / 'metadata.yaml').read_text()
    names = '- in.mcap\n  - lost.mcap'
    (source / 'metadata.yaml').write_text(metadata.replace('- in.mcap', names, 1))
    bag = SourceBag(source, tmp_path)
    assert len(bag.files) == 1
    assert bag.damage == ['lost.mcap: it is missing']


def test_a_compressed_file_that_is_cut_off_gives_what_comes_before(tmp_path: Path) -> None:
    sent = drive(40)
    source = write_bag(tmp_path / 'in', sent, compression=CompressionMode.FILE)
    cut(source / 'in.mcap.zstd', 0.6)
    scratch = tmp_path / 'scratch'
    scratch.mkdir()
    for _ in range(2):  # the second time it is decompressed already
        bag = SourceBag(source, scratch)
        found = read_all(bag.files[0])
        assert found == sent[: len(found)]
        assert len(found) >= len(sent) // 3
        assert bag.files[0].damage
        assert not bag.damage


@pytest.mark.usefixtures('small_chunks')
@pytest.mark.parametrize('storage', ['mcap', 'sqlite3'])
def test_reading_goes_on_from_any_place(tmp_path: Path, storage: str) -> None:
    sent = drive(3)
    suffix = {'mcap': 'mcap', 'sqlite3': 'db3'}[storage]
    file = open_file(write_bag(tmp_path / 'in', sent, storage) / f'in.{suffix}', tmp_path)
    place = Place()
    for index, one in enumerate(sent):
        assert read_all(file, place) == sent[index:]
        place = place.after(one.stamp)
    assert read_all(file, place) == []
