"""The AWS SDK for JavaScript, which npm gets once for all tests."""

import shutil
import subprocess
import tempfile
from pathlib import Path

JAVASCRIPT_VERSION = "3.1175.0"
PACKAGES = {
    "cloudwatch": "3.1164.0",
    "dynamodb": "3.1169.0",
    "ec2": "3.1169.0",
    "kms": "3.1164.0",
    "lambda": "3.1164.0",
    "s3": JAVASCRIPT_VERSION,
    "sqs": JAVASCRIPT_VERSION,
    "sts": "3.1174.0",
}
"""The version of each client: not each release has all of them."""

_FOLDER = (
    Path(__file__).parents[1] / ".console" / f"aws-sdk-{JAVASCRIPT_VERSION}-of-{len(PACKAGES)}"
)


def javascript_sdk() -> Path | str:
    """Give the folder that has the SDK; or say why it cannot be had."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "there is no Node.js"
    if _FOLDER.is_dir():
        return _FOLDER
    _FOLDER.parent.mkdir(exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=_FOLDER.parent))
    packages = [f"@aws-sdk/client-{name}@{version}" for name, version in PACKAGES.items()]
    options = ["--silent", "--no-save", "--no-package-lock", "--prefix", str(half)]
    got = subprocess.run([npm, "install", *options, *packages], check=False, timeout=240)
    if got.returncode:
        shutil.rmtree(half)
        return f"npm cannot get {' '.join(packages)}"
    try:
        half.rename(_FOLDER)  # nobody finds half of it
    except OSError:  # another worker was faster
        shutil.rmtree(half)
    return _FOLDER
