using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Files;

/// <summary>Decides whether a later change of a file must have a later change time. Owned by one reader.</summary>
/// <remarks>
/// The kernel's clock for change times advances in steps: two changes within one step have the same time. Some file systems store
/// whole seconds only, such as ext4 with inodes of 128 bytes.
/// </remarks>
internal struct ChangeWatch
{
    private const long Second = 1_000_000_000;
    private const long LongestClockStep = 20_000_000;

    private long _change;
    private long _seenAt;

    /// <summary>Whether a change of the file after now has a later time than its status.</summary>
    internal bool IsSettled(in FileStatus status) => IsSettled(
        status.Change.TotalNanoseconds, Libc.Now(Libc.ClockReal).TotalNanoseconds, Libc.Now(Libc.ClockMonotonic).TotalNanoseconds);

    /// <summary>All times are in nanoseconds.</summary>
    /// <param name="change">The file's change time, by the wall clock.</param>
    /// <param name="steady">The monotonic clock's time; needed after the wall clock was set back.</param>
    internal bool IsSettled(long change, long now, long steady)
    {
        if (change != _change) (_change, _seenAt) = (change, steady);
        var step = change % Second == 0 ? Second + LongestClockStep : LongestClockStep;
        return now - change > step || steady - _seenAt > step;
    }
}
