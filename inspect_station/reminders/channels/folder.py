"""Letters as .eml files: what would have been sent."""

import os
from pathlib import Path

from inspect_station.config import Settings
from inspect_station.reminders.channels.base import ChannelError, Outgoing
from inspect_station.reminders.channels.mime import mail_of


class FolderChannel:
    """Used while nothing is configured, with the sample park, and for previews."""

    def __init__(self, settings: Settings, folder: Path | None = None) -> None:
        self._settings = settings
        self._folder = folder or settings.outbox_dir

    def send(self, letter: Outgoing) -> str:
        """The file's name derives from the letter, so that a repeat replaces it; it appears whole or not at all."""
        path = self._folder / letter.written_at.date().isoformat() / f"{letter.number}.eml"
        partial = path.with_suffix(".partial")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(mail_of(letter, self._settings))
            os.replace(partial, path)
        except OSError as error:
            raise ChannelError(f"写不进发件文件夹 {self._folder}：{error.strerror}", down=True) from error
        return str(path.relative_to(self._folder))

    def close(self) -> None:
        """Nothing is held open."""
