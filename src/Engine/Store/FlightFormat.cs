namespace GunicornPrometheusExporter.Store;

/// <summary>The layout of a flight file: what a worker has in hand, readable after its death.</summary>
/// <remarks>
/// <code>
/// header  0        8     12         16          20        24            32           40     64       352      640
///         | magic  | pid | capacity | committed | applied | last memory | busy told  | zero | record | record |
///
/// record  0           4       8            16            24      28     32       48          288
///         | in flight | ended | busy total | last change | count | zero | change | …  (16)   |
///
/// change  0      4        8       16
///         | file | offset | value |
///
/// entry   0       4        8         16      24       32           36        37       38       40       42      43   48
///         | state | status | started | queue | length | generation | method# | trace# | path#  | route# | span# | zero |
///         48           80          112         352          496        512
///         | method[32] | trace[32] | path[240] | route[144] | span[16] |
/// </code>
/// Little-endian. Times are seconds of CLOCK_MONOTONIC. The worker writes the record that is not the last, adds one to
/// <c>committed</c>, which makes it the last, gives the cells of its slot's files their values and the ended entry back,
/// and adds one to <c>applied</c>. Whoever holds the slot after it does the same to a record that was committed and not
/// applied. The worker locks byte 0 for life: an unlocked file is that of a dead one. An exporter locks byte 1 while it
/// writes <c>busy told</c>.
/// </remarks>
internal static class FlightFormat
{
    internal const ulong Magic = 0x3130_544C_4645_5047; // "GPEFLT01"
    internal const string Prefix = "flight_";
    internal const string Extension = ".bin";

    internal const int EntrySize = 512;
    internal const int State = 0;
    internal const int Status = 4;
    internal const int Started = 8;
    internal const int Queue = 16;
    internal const int Length = 24;
    internal const int Generation = 32;
    internal const int MethodLength = 36;
    internal const int TraceLength = 37;
    internal const int PathLength = 38;
    internal const int RouteLength = 40;
    internal const int SpanLength = 42;
    internal const int Method = 48;
    internal const int Trace = 80;
    internal const int Path = 112;
    internal const int Route = 352;
    internal const int Span = 496;

    internal const int LongestMethod = Trace - Method;
    internal const int LongestTrace = Path - Trace;
    internal const int LongestPath = Route - Path;
    internal const int LongestRoute = Span - Route;
    internal const int LongestSpan = EntrySize - Span;

    /// <summary>The most requests in flight that a file records.</summary>
    internal const int MaximumEntries = 16384;

    /// <summary>The size past which no flight file grows, in bytes.</summary>
    internal const int MaximumSize = FlightHeader.Size + (MaximumEntries * EntrySize);
}
