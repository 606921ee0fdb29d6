"""A fake camera: Chromium plays a film of ours, in which a QR code stands still."""

from dataclasses import dataclass
from pathlib import Path

import segno
from PIL import Image

WIDTH, HEIGHT = 640, 480
_GREY = 128
_FRAMES = 2


@dataclass(frozen=True)
class Camera:
    """What the browser's camera sees; a change is seen when a page opens the camera next."""

    film: Path

    def show(self, text: str) -> None:
        """Hold a QR code of `text` before the camera, as large as fits."""
        self._play(_picture_of(text))

    def show_nothing(self) -> None:
        """Let the camera see a grey wall."""
        self._play(Image.new("L", (WIDTH, HEIGHT), _GREY))

    def _play(self, picture: Image.Image) -> None:
        colourless = bytes([_GREY]) * (WIDTH * HEIGHT // 2)
        frame = b"FRAME\n" + picture.tobytes() + colourless
        header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F5:1 Ip A1:1 C420jpeg\n".encode()
        draft = self.film.with_suffix(".draft")
        draft.write_bytes(header + frame * _FRAMES)
        draft.replace(self.film)


def camera_flags(film: Path) -> list[str]:
    """Return the flags of a Chromium whose only camera plays `film`."""
    return ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]


def _picture_of(text: str) -> Image.Image:
    rows = [bytes(row) for row in segno.make(text, micro=False).matrix]
    side = len(rows)
    code = Image.frombytes("L", (side, side), b"".join(rows)).point([255, 0, *[0] * 254])
    scale = (HEIGHT - 60) // side
    large = code.resize((side * scale, side * scale), Image.Resampling.NEAREST)
    picture = Image.new("L", (WIDTH, HEIGHT), 255)
    picture.paste(large, ((WIDTH - large.width) // 2, (HEIGHT - large.height) // 2))
    return picture
