"""Makes the wheel of one machine from the output of ``make build``; ``eng/dist.sh`` passes version and platform."""

import os

from setuptools import Distribution, setup


class NativeDistribution(Distribution):
    """Holds compiled code, though not of setuptools' compiling."""

    def has_ext_modules(self) -> bool:
        """Says that the wheel is of one platform."""
        return True


setup(
    version=os.environ["WHEEL_VERSION"],
    distclass=NativeDistribution,
    options={"bdist_wheel": {"plat_name": os.environ["WHEEL_PLATFORM"], "py_limited_api": "cp39"}},
)
