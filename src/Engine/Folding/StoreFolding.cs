using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Slots;
using Microsoft.Extensions.Logging;

namespace GunicornPrometheusExporter.Folding;

/// <summary>Compacts the files of dead processes into archives, so that a store does not grow with every process.</summary>
/// <remarks>
/// Several exporters may compact a store: a lock admits one at a time, while scrapes continue. Not thread-safe. An exception
/// is logged once, never thrown, and does not prevent the compaction of other archives.
/// </remarks>
internal sealed class StoreFolding(string directory, ILogger logger, DamagedFiles? damaged = null) : IDisposable
{
    // Each file is open during its compaction, and the limit is often 1,024 open files.
    private const int MostFilesAtOnce = 256;

    private readonly DeadProcesses _processes = new(directory);
    private readonly DamagedFiles _damaged = damaged ?? new();
    private readonly HashSet<string> _reported = new(StringComparer.Ordinal);
    private SlotTable? _slots;
    private string? _fault;
    private long _compactions;

    /// <summary>How many dead processes keep their gauges of mode <c>all</c>: those whose files are the newest.</summary>
    public int MaximumDeadGauges { get; set; } = int.MaxValue;

    /// <summary>The number of completed compactions of an archive. May be read from any thread.</summary>
    public long Compactions => Interlocked.Read(ref _compactions);

    /// <summary>Compacts the files of dead processes, and removes their live gauges.</summary>
    /// <returns>Why a file was not compacted; null if all were.</returns>
    public string? Fold(CancellationToken end = default)
    {
        _fault = null;
        if (!Directory.Exists(directory)) return null;
        Try(() =>
        {
            var suspects = _processes.Suspects().ToList();
            RemoveGauges(suspects.Where(suspect => suspect.Name.Live));
            RemoveOldGauges([.. suspects.Where(suspect => suspect.Name.NamesProcess)]);
            foreach (var fileName in _damaged.Known) Try(() => Quarantine(fileName));
            foreach (var name in StoreFileName.Archives)
            {
                Try(() => Fold(new Archive(directory, name), suspects.Where(suspect => suspect.Name.Archive == name), end));
            }
        });
        if (_fault is null) _reported.Clear();
        return _fault;
    }

    public void Dispose() => _slots?.Dispose();

    private void Fold(Archive archive, IEnumerable<(string Path, StoreFileName Name)> suspects, CancellationToken end)
    {
        var isThere = StoreFiles.IsPresent(archive.Path);
        foreach (var files in suspects.Chunk(MostFilesAtOnce).DefaultIfEmpty([]))
        {
            if (end.IsCancellationRequested || (files.Length == 0 && !isThere)) return;
            Exclusively(() => Fold(archive, files));
        }
    }

    private void Fold(Archive archive, (string Path, StoreFileName Name)[] suspects)
    {
        archive.Recover();
        using var fold = new ArchiveFold(archive, Take(suspects), _damaged);
        try
        {
            if (!fold.Write() || !fold.Commit()) return;
        }
        finally
        {
            foreach (var path in fold.Quarantined) FoldingLog.Quarantined(logger, path);
            foreach (var reason in fold.Unread) Report(reason);
        }
        Interlocked.Increment(ref _compactions);
        fold.Remove();
        fold.Finish();
    }

    private void RemoveGauges(IEnumerable<(string Path, StoreFileName Name)> suspects)
    {
        foreach (var files in suspects.Chunk(MostFilesAtOnce))
        {
            Exclusively(() =>
            {
                foreach (var file in Take(files))
                {
                    using (file) File.Delete(file.Path);
                }
            });
        }
    }

    /// <summary>Removes the gauges of mode <c>all</c>, which no archive can hold, except those of the newest dead processes.</summary>
    private void RemoveOldGauges(List<(string Path, StoreFileName Name)> suspects)
    {
        if (suspects.Count <= MaximumDeadGauges) return;
        Exclusively(() =>
        {
            var dead = 0;
            foreach (var (path, name) in suspects.OrderByDescending(suspect => File.GetLastWriteTimeUtc(suspect.Path)))
            {
                using var file = _processes.TryTake(path, name);
                if (file is not null && ++dead > MaximumDeadGauges) File.Delete(path);
            }
        });
    }

    /// <summary>Quarantines a file that a scrape found damaged, if its process is dead and no archive takes it.</summary>
    /// <remarks>Files of slots are excluded: the next holder of the slot replaces them.</remarks>
    private void Quarantine(string fileName)
    {
        var path = Path.Combine(directory, fileName);
        if (!StoreFileName.TryParse(fileName, out var name) || name.IsArchive || name.TryGetSlot(out _, out _)) return;
        Exclusively(() =>
        {
            if (IsDamaged(path, name)) FoldingLog.Quarantined(logger, StoreFiles.Quarantine(path));
        });
    }

    private bool IsDamaged(string path, StoreFileName name)
    {
        if (StoreFiles.IsIrregular(path)) return true;
        using var file = _processes.TryTake(path, name);
        return file is not null && !(file.TryRead(out var content) && new FoldedEntries(name.Rule).TryAdd(content, out _));
    }

    private IEnumerable<LeasedFile> Take(IEnumerable<(string Path, StoreFileName Name)> suspects) =>
        suspects.Select(suspect => _processes.TryTake(suspect.Path, suspect.Name)).OfType<LeasedFile>();

    private void Try(Action action)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            Report(e switch
            {
                StoreException => e.Message,
                IOException or UnauthorizedAccessException =>
                    $"{e.Message}; the exporter's user must own the files of {directory}, and its disk must have room",
                _ => $"{e.GetType().Name}: {e.Message}",
            });
        }
    }

    private void Report(string reason)
    {
        _fault = reason;
        if (_reported.Add(reason)) FoldingLog.NotFolded(logger, reason);
    }

    /// <summary>Runs an action under the preparation lock; does nothing if another process has the lock.</summary>
    private void Exclusively(Action action)
    {
        if (_slots?.IsInPlace() == false)
        {
            _slots.Dispose();
            _slots = null;
        }
        _slots ??= SlotTable.Open(directory);
        if (!_slots.TryBeginPreparation()) return;
        try
        {
            action();
        }
        finally
        {
            _slots.EndPreparation();
        }
    }
}
