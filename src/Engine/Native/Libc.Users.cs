using System.Runtime.InteropServices;

namespace GunicornPrometheusExporter.Native;

// Users and their permissions.
internal static unsafe partial class Libc
{
    internal const int WriteAndEnter = 3;
    internal const uint PrivateMode = 0x1C0;
    internal const uint PassableMode = 0x1ED;
    internal const int ErrorNoEntry = 2;
    internal const int ErrorExists = 17;
    internal const int ParentDeathSignal = 1;

    [LibraryImport("libc", EntryPoint = "geteuid")]
    internal static partial uint EffectiveUserId();

    [LibraryImport("libc", EntryPoint = "getppid")]
    internal static partial int ParentProcessId();

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int MakeDirectory(string path, uint mode);

    [LibraryImport("libc", EntryPoint = "euidaccess", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "setgroups", SetLastError = true)]
    internal static partial int SetGroups(nuint count, uint* groups);

    [LibraryImport("libc", EntryPoint = "setresgid", SetLastError = true)]
    internal static partial int SetGroup(uint real, uint effective, uint saved);

    [LibraryImport("libc", EntryPoint = "setresuid", SetLastError = true)]
    internal static partial int SetUser(uint real, uint effective, uint saved);

    // SAFETY: prctl is variadic; on x86-64 and arm64 Linux integer arguments are passed alike.
    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int ProcessControl(int option, nuint argument);
}
