using System.Collections.Immutable;

namespace GunicornPrometheusExporter.Master;

/// <summary>What a master needs to know of the store that was prepared for it.</summary>
/// <param name="Directory">The store.</param>
/// <param name="LockFile">The file in which the master locks one byte for as long as it lives.</param>
/// <param name="LockOffset">That byte.</param>
/// <param name="RunFile">The file that the master removes when it ends in order.</param>
/// <param name="ExitsFile">The file in which the master tells how its workers ended.</param>
/// <param name="Series">The series that the master writes.</param>
public sealed record PreparedMaster(
    string Directory, string LockFile, long LockOffset, string RunFile, string ExitsFile,
    ImmutableArray<MasterSeries> Series);
