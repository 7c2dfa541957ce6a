using System.Collections.Immutable;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;

namespace GunicornPrometheusExporter.Incidents;

/// <summary><c>incidents.jsonl</c> of a store: one incident per line as JSON, the oldest first. Not thread-safe.</summary>
internal sealed class IncidentFile(string directory)
{
    internal const string FileName = "incidents.jsonl";

    // About 250 incidents with a stack of 60 frames need a third of it.
    private const int LargestFile = 4 << 20;

    private readonly string _path = Path.Combine(directory, FileName);
    private ImmutableArray<Incident> _known = [];
    private (long Inode, long Modified, long Size) _readAt;

    /// <summary>The incidents; those of damaged lines and unknown kinds are skipped. Empty if the file cannot be read.</summary>
    internal ImmutableArray<Incident> Read()
    {
        if (!Libc.TryGetStatus(_path, out var status)) return [];
        var now = (status.Inode, status.Modified, status.Size);
        if (now != _readAt) (_known, _readAt) = (IncidentBounds.Apply(IncidentJson.ReadLines(ReadAll())), now);
        return _known;
    }

    /// <summary>Replaces the file. The oldest incidents are dropped if the file would be too large.</summary>
    /// <exception cref="IOException">It cannot be written; the old file is unchanged.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written; the old file is unchanged.</exception>
    internal void Write(ImmutableArray<Incident> incidents)
    {
        var lines = IncidentLine.Newest(incidents, LargestFile);
        StoreFiles.Replace(_path, file =>
        {
            foreach (var line in lines) file.Write(line);
        });
    }

    private byte[] ReadAll()
    {
        try
        {
            return StoreFiles.TryReadAll(_path, LargestFile) ?? [];
        }
        catch (Exception e) when (e is StoreException or IOException)
        {
            return [];
        }
    }
}
