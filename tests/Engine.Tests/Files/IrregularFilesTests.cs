using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Engine.Tests.Aggregation;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Recording;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Files;

/// <summary>Where a file of ours is to stand, somebody made something that is no file.</summary>
public sealed class IrregularFilesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly MessageList _log = new();

    public static TheoryData<string> Kinds => ["directory", "link", "FIFO", "socket"];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_place_of_the_lock_file_it_is_refused_with_a_remedy_and_stops_no_reader(string kind)
    {
        var path = _directory[SlotName.LockFile];
        IrregularFile.Make(path, kind);

        foreach (var open in (Func<string, SlotTable?>[])[SlotTable.Open, SlotTable.OpenOwn, SlotTable.OpenExisting])
        {
            var refusal = Assert.Throws<StoreException>(() => open(_directory.Path));
            Assert.Equal($"{path} is not a regular file; remove it, then reload Gunicorn (SIGHUP)", refusal.Message);
        }
        Assert.Equal(0, Scraped.Once(_directory.Path).Samples["gunicorn_up{}"]);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_place_of_a_workers_files_it_is_kept_aside_and_the_worker_records(string kind)
    {
        string[] names = ["counter_worker-1.db", "histogram_worker-1.db", "gauge_livemax_worker-1.db", "gauge_livemax_worker-1.db.new"];
        foreach (var name in names) IrregularFile.Make(_directory[name], kind);
        foreach (var prefix in (string[])["exemplars", "native"]) IrregularFile.Make(_directory[$"{prefix}_worker-1.bin"], kind);

        using (var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped))
        using (HistogramFiles.Open(store, nativeSchema: 3))
        {
            Assert.Equal(1, store.Number);
        }
        using (var store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped))
        using (HistogramFiles.Open(store, nativeSchema: null))
        {
            Assert.Equal(1, store.Number);
        }

        Assert.All(names[..3], name => Assert.Equal(FileAttributes.None, File.GetAttributes(_directory[name]) & FileAttributes.Directory));
        Assert.True(StoreFiles.IsIrregular(_directory["counter_worker-1.db.corrupt"]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_place_of_a_masters_files_it_is_kept_aside_or_replaced_and_the_master_is_prepared(string kind)
    {
        string[] names =
        [
            "pids.json", "pids.json.new", "master-1.run", "master-1.run.new", "counter_master-1.db", "gauge_livesum_master-1.db", "incarnation",
        ];
        foreach (var name in names) IrregularFile.Make(_directory[name], kind);
        var config = new ExporterConfig(new Dictionary<string, string> { [MultiprocessDirectory.Variable] = _directory.Path });

        var prepared = MasterPreparation.Run(config, EntryLayout.Timestamped);
        StoreIncarnation.Of(_directory.Path);

        Assert.True(File.Exists(prepared.RunFile));
        Assert.All(names.Where(name => !name.EndsWith(".new", StringComparison.Ordinal)), name => Assert.False(StoreFiles.IsIrregular(_directory[name])));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_place_of_the_ledger_it_is_kept_aside_and_deaths_are_counted(string kind)
    {
        foreach (var name in (string[])["counter_exporter-1.db", "counter_exporter-1.db.new"]) IrregularFile.Make(_directory[name], kind);

        var ledger = DeathLedger.Read(_directory.Path, 10);

        Assert.Equal(_directory["counter_exporter-1.db.corrupt"], ledger.Quarantined);
        Assert.False(StoreFiles.IsPresent(_directory["counter_exporter-1.db"]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void In_place_of_the_control_socket_it_makes_way(string kind)
    {
        IrregularFile.Make(_directory[ControlSocket.FileName], kind);

        using var socket = ControlSocket.Bind(_directory.Path);

        Assert.Equal(kind == "directory", Directory.Exists(_directory[ControlSocket.FileName + ".corrupt"]));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Among_files_that_are_read_it_takes_nothing_from_the_others(string kind)
    {
        TestFile.Write(_directory["counter_17.db"], EntryLayout.Timestamped, TestEntry.Of("c", "c_total", [], 3));
        foreach (var name in (string[])["counter_18.db", "flight_worker-2_7.bin", "master-1.exits", "exemplars_worker-2.bin"])
        {
            IrregularFile.Make(_directory[name], kind);
        }
        using var aggregator = new StoreAggregator(_directory.Path, _log);
        var accountant = new DeathAccountant(_directory.Path, aggregator.Flights, 10, _log);

        Assert.Null(accountant.Account());

        Assert.Equal(3, aggregator.Read().Samples["c_total{}"]);
    }

    [Fact]
    public void A_directory_is_never_removed_even_where_one_is_kept_aside_already()
    {
        foreach (var name in (string[])["counter_worker-1.db", "counter_worker-1.db.corrupt"])
        {
            Directory.CreateDirectory(_directory[name]);
            File.WriteAllText(Path.Combine(_directory[name], "precious"), "");
        }

        var refusal = Assert.Throws<StoreException>(() => SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped));

        Assert.EndsWith("counter_worker-1.db.corrupt is a directory; remove it", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_directory.Path, "precious", SearchOption.AllDirectories).Length);
    }
}
