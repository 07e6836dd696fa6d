"""TensorFlow, started quietly, with the device and the number of threads to use."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from types import ModuleType

from masking.core.code_identity import installed_version
from masking.core.errors import ConfigError, MissingPackageError
from masking.core.quiet import quiet_stderr

_GPU_DEVICES = ("/dev/nvidiactl", "/dev/nvidia0", "/dev/nvgpu", "/dev/kfd", "/dev/dxg")
"""NVIDIA's, also on Jetson boards, AMD's, and Windows' own in WSL2."""

logger = logging.getLogger(__name__)


def start_tensorflow(device: str, threads: int) -> tuple[ModuleType, str]:
    """Import TensorFlow, and choose where it runs: the module and a device name, `/CPU:0` or `/GPU:0`.

    device: auto, cpu or gpu; auto takes a GPU where TensorFlow sees one. threads: CPU threads, 0 for all cores.
    Raises MissingPackageError without TensorFlow, ConfigError for device `gpu` where TensorFlow sees none.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with quiet_stderr():
        try:
            import tensorflow as tf
        except ImportError as error:
            raise MissingPackageError("tensorflow", "RingNet needs it: pip install tensorflow") from error
        tf.get_logger().setLevel(logging.ERROR)
        device_name = _choose_device(tf, device)
        _limit_threads(tf, threads)
        with tf.device(device_name):
            tf.zeros(())
    return tf, device_name


def may_have_gpu() -> bool:
    """Whether anything speaks for a GPU that TensorFlow could use; asked before TensorFlow is imported, for seconds."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all").strip() in ("", "-1"):
        return False
    return any(Path(device).exists() for device in _GPU_DEVICES) or bool(installed_version(("tensorflow-metal",)))


def _choose_device(tf: ModuleType, device: str) -> str:
    gpus = [] if device == "cpu" else tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise ConfigError(["[RECONSTRUCTION] DEVICE = gpu: TensorFlow sees no GPU on this machine; set it to auto"])
    for gpu in gpus:
        _before_first_use(lambda gpu=gpu: tf.config.experimental.set_memory_growth(gpu, True), "memory growth")
    if gpus:
        # TensorFloat-32 keeps ten bits of a float's 23: enough to move a vertex by a millimetre.
        tf.config.experimental.enable_tensor_float_32_execution(False)
    return "/GPU:0" if gpus else "/CPU:0"


def _limit_threads(tf: ModuleType, threads: int) -> None:
    if threads == 0 or threads == tf.config.threading.get_intra_op_parallelism_threads():
        return

    def limit() -> None:
        tf.config.threading.set_intra_op_parallelism_threads(threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)

    _before_first_use(limit, f"THREADS = {threads}")


def _before_first_use(configure: object, what: str) -> None:
    try:
        configure()  # type: ignore[operator]
    except RuntimeError as error:
        logger.warning("%s has no effect: TensorFlow was already in use in this process (%s)", what, error)
