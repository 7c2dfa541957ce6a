"""Makes a wheel from the output of ``make build``; ``eng/dist.sh`` passes version and platform. Without a platform, it is for any."""

import os

from setuptools import Distribution, setup


PLATFORM = os.environ.get("WHEEL_PLATFORM")


class NativeDistribution(Distribution):
    """Holds compiled code, though not of setuptools' compiling."""

    def has_ext_modules(self) -> bool:
        """Says that the wheel is of one platform."""
        return True


setup(
    version=os.environ["WHEEL_VERSION"],
    distclass=NativeDistribution if PLATFORM else Distribution,
    options={"bdist_wheel": {"plat_name": PLATFORM, "py_limited_api": "cp39"}} if PLATFORM else {},
)
