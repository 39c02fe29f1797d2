"""What pip runs in place of setuptools when ./setup downloads a source archive that it only wants to unpack.

pip insists on an archive's metadata and would run its setup.py to get it. With this folder first in PYTHONPATH and
--no-build-isolation the metadata is the archive's own PKG-INFO, and nothing of the archive is executed.
"""

import email
import os
import shutil


class __legacy__:
    @staticmethod
    def get_requires_for_build_wheel(config_settings=None):
        return []

    @staticmethod
    def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
        with open("PKG-INFO", encoding="utf-8") as f:
            info = email.message_from_file(f)
        folder = info["Name"] + "-" + info["Version"] + ".dist-info"
        os.mkdir(os.path.join(metadata_directory, folder))
        shutil.copy("PKG-INFO", os.path.join(metadata_directory, folder, "METADATA"))
        return folder
