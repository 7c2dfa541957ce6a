using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

/// <summary>What the store takes for granted of the system's structures and constants, told by its C compiler.</summary>
public sealed class NativeLayoutTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Structures_and_constants_are_those_of_the_C_headers()
    {
        var expected = Compiled(
            """
            #define _GNU_SOURCE
            #include <fcntl.h>
            #include <signal.h>
            #include <stddef.h>
            #include <stdio.h>
            #include <sys/mman.h>
            #include <sys/resource.h>
            #include <sys/stat.h>
            #include <signal.h>
            #include <errno.h>
            #include <sys/uio.h>
            #include <time.h>
            #include <unistd.h>
            #define P(x) printf("%lld ", (long long)(x))
            int main(void) {
                P(sizeof(struct flock)); P(offsetof(struct flock, l_type)); P(offsetof(struct flock, l_whence));
                P(offsetof(struct flock, l_start)); P(offsetof(struct flock, l_len)); P(offsetof(struct flock, l_pid));
                P(sizeof(struct timespec)); P(offsetof(struct timespec, tv_nsec));
                P(sizeof(struct rusage)); P(offsetof(struct rusage, ru_utime.tv_usec));
                P(offsetof(struct rusage, ru_stime)); P(offsetof(struct rusage, ru_stime.tv_usec));
                P(offsetof(struct rusage, ru_minflt)); P(offsetof(struct rusage, ru_majflt));
                P(offsetof(struct rusage, ru_nvcsw)); P(offsetof(struct rusage, ru_nivcsw)); P(RLIMIT_NOFILE); P(RLIMIT_AS);
                P(sizeof(struct statx)); P(offsetof(struct statx, stx_gid)); P(offsetof(struct statx, stx_mtime));
                P(O_CREAT); P(O_EXCL); P(O_CLOEXEC); P(O_NOFOLLOW); P(O_DIRECTORY); P(O_NONBLOCK);
                P(F_GETLK); P(F_SETLK); P(F_WRLCK); P(F_UNLCK); P(F_RDLCK); P(F_OFD_SETLK); P(F_OFD_SETLKW);
                P(F_SETLEASE); P(F_GETLEASE); P(F_SETSIG); P(SIGURG);
                P(PROT_READ); P(PROT_WRITE); P(MAP_SHARED); P(CLOCK_MONOTONIC); P(CLOCK_BOOTTIME);
                P(AT_EMPTY_PATH); P(RUSAGE_SELF);
                P(offsetof(struct statx, stx_ctime.tv_sec)); P(offsetof(struct statx, stx_ctime.tv_nsec));
                P(MAP_PRIVATE); P(MAP_FIXED); P(MAP_ANONYMOUS); P(CLOCK_REALTIME); P(SIGBUS); P(SA_SIGINFO);
                P(sizeof(struct sigaction)); P(offsetof(struct sigaction, sa_mask)); P(sizeof(sigset_t)); P(offsetof(struct sigaction, sa_flags));
                P(sizeof(struct iovec)); P(offsetof(struct iovec, iov_len));
                P(offsetof(siginfo_t, si_code)); P(offsetof(siginfo_t, si_addr));
                return 0;
            }
            """);
        long[] ours =
        [
            Unsafe.SizeOf<Libc.RecordLock>(), Offset<Libc.RecordLock>("Type"), Offset<Libc.RecordLock>("Whence"),
            Offset<Libc.RecordLock>("Start"), Offset<Libc.RecordLock>("Length"), Offset<Libc.RecordLock>("ProcessId"),
            Unsafe.SizeOf<Libc.Time>(), Offset<Libc.Time>("Nanoseconds"),
            Unsafe.SizeOf<Libc.Usage>(), Offset<Libc.Usage>("UserMicroseconds"),
            Offset<Libc.Usage>("SystemSeconds"), Offset<Libc.Usage>("SystemMicroseconds"),
            Offset<Libc.Usage>("MinorFaults"), Offset<Libc.Usage>("MajorFaults"),
            Offset<Libc.Usage>("VoluntarySwitches"), Offset<Libc.Usage>("InvoluntarySwitches"),
            Libc.OpenFilesLimit, Libc.AddressSpaceLimit,
            Unsafe.SizeOf<FileStatus>(), Offset<FileStatus>("Group"), Offset<FileStatus>("Modification"),
            Libc.OpenCreate, Libc.OpenExclusive, Libc.OpenCloseOnExec, Libc.OpenNoFollow, Libc.OpenDirectory, Libc.OpenNonBlocking,
            Libc.GetLock, Libc.SetLock, Libc.WriteLock, Libc.Unlocked, Libc.ReadLock, Libc.SetDescriptionLock, Libc.SetDescriptionLockAndWait,
            Libc.SetLease, Libc.GetLease, Libc.SetSignal, Libc.UrgentSignal,
            Libc.ProtectRead, Libc.ProtectWrite, Libc.MapShared, Libc.ClockMonotonic, Libc.ClockBoot,
            Libc.AtEmptyPath, Libc.ResourceUsageSelf,
            Offset<FileStatus>("Change"), Offset<FileStatus>("Change") + Offset<Libc.Time>("Nanoseconds"),
            Libc.MapPrivate, Libc.MapFixed, Libc.MapAnonymous, Libc.ClockReal, BusErrors.Signal, Libc.WithSignalInfo,
            Unsafe.SizeOf<Libc.SignalAction>(), Offset<Libc.SignalAction>("Mask"), Libc.SignalMaskSize, Offset<Libc.SignalAction>("Flags"),
            Unsafe.SizeOf<Libc.MemoryPart>(), Offset<Libc.MemoryPart>("Length"),
            Offset<Libc.SignalInfo>("Code"), Offset<Libc.SignalInfo>("Address"),
        ];
        Assert.Equal(expected, ours);
    }

    private static long Offset<T>(string field) => Marshal.OffsetOf<T>(field);

    private long[] Compiled(string source)
    {
        File.WriteAllText(_directory["layout.c"], source);
        Run("gcc", "-o", _directory["layout"], _directory["layout.c"]);
        return [.. Run(_directory["layout"]).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse)];
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
