"""Microsoft's libraries out of the wheel mssql-cli, on the .NET runtime that it brings.

The runtime is older than what Python.NET starts by itself, so it is started by its C interface.
"""

import ctypes
import importlib.util
import os
import pathlib
import sys


class Runtime:
    """What Python.NET needs of a runtime."""

    def __init__(self, folder, bridge):
        self._core = ctypes.CDLL(str(folder / "libcoreclr.so"))
        assemblies = [str(path) for path in sorted(folder.glob("*.dll"))] + [str(bridge)]
        properties = {
            "TRUSTED_PLATFORM_ASSEMBLIES": ":".join(assemblies),
            "APP_PATHS": str(folder),
            "NATIVE_DLL_SEARCH_DIRECTORIES": str(folder),
        }
        texts = ctypes.c_char_p * len(properties)
        self._host, self._domain = ctypes.c_void_p(), ctypes.c_uint()
        result = self._core.coreclr_initialize(
            sys.executable.encode(),
            b"judge",
            len(properties),
            texts(*[name.encode() for name in properties]),
            texts(*[value.encode() for value in properties.values()]),
            ctypes.byref(self._host),
            ctypes.byref(self._domain),
        )
        if result != 0:
            raise RuntimeError(f"the .NET runtime does not start: {result & 0xFFFFFFFF:#x}")

    def info(self):
        return None

    def get_assembly(self, _path):
        return self

    def get_function(self, name):
        kind, function = name.rsplit(".", 1)
        found = ctypes.c_void_p()
        result = self._core.coreclr_create_delegate(
            self._host,
            self._domain,
            b"Python.Runtime",
            kind.encode(),
            function.encode(),
            ctypes.byref(found),
        )
        if result != 0:
            raise RuntimeError(f"the bridge to .NET lacks {name}: {result & 0xFFFFFFFF:#x}")
        call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)(found.value)

        def called(data=b""):
            buffer = ctypes.create_string_buffer(data)
            return call(ctypes.cast(buffer, ctypes.c_void_p), len(data))

        return called

    def shutdown(self):
        pass


def packages():
    """The folder of the wheel's libraries. The package itself is not imported: it wants its dependencies."""
    for folder in sys.path:
        found = pathlib.Path(folder) / "mssqlcli" / "mssqltoolsservice" / "bin"
        if found.is_dir():
            return found
    raise RuntimeError("the wheel mssql-cli is not installed")


def icu():
    """The version of the ICU on this machine: without it .NET knows no collation."""
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/lib/x86_64-linux-gnu", "/usr/lib"):
        for path in sorted(pathlib.Path(folder).glob("libicuuc.so.*.*")):
            return path.name.removeprefix("libicuuc.so.")
    raise RuntimeError("there is no ICU on this machine (Debian: libicu72), so DacFx cannot start")


def openssl():
    """The folders of an OpenSSL 1.1, which this .NET wants and current systems no longer have."""
    libraries = pathlib.Path(sys.prefix) / "libraries" / "psycopg2_binary.libs"
    links = libraries.parent / "links"
    links.mkdir(exist_ok=True)
    for name in ("libssl", "libcrypto"):
        found = next(iter(sorted(libraries.glob(f"{name}-*.so.1.1"))), None)
        if found is None:
            raise RuntimeError(f"the wheel psycopg2-binary has no {name}")
        link = links / f"{name}.so.1.1"
        if not link.exists():
            link.symlink_to(found)
    return f"{links}:{libraries}"


def start():
    """Starts .NET and makes the libraries importable."""
    # The runtime reads its environment as the process began with it.
    if "CLR_ICU_VERSION_OVERRIDE" not in os.environ:
        os.environ["CLR_ICU_VERSION_OVERRIDE"] = icu()
        os.environ["LD_LIBRARY_PATH"] = openssl()
        os.execv(sys.executable, [sys.executable, *sys.argv])
    bridge = pathlib.Path(importlib.util.find_spec("pythonnet").origin).parent
    import pythonnet

    pythonnet.load(Runtime(packages(), bridge / "runtime" / "Python.Runtime.dll"))
    import clr

    for library in (
        "Microsoft.SqlServer.TransactSql.ScriptDom",
        "Microsoft.SqlServer.Dac",
        "Microsoft.SqlServer.Dac.Extensions",
    ):
        clr.AddReference(library)
