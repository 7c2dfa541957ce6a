using GunicornPrometheusExporter.Configuration;
using GunicornPrometheusExporter.Directories;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Forwarding.Buffering;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Master;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Directories;

/// <summary>What another user planted in the store where a file of ours is to stand leads nowhere.</summary>
public sealed class PlantedLinkTests : IDisposable
{
    private const string Content = "precious";

    private readonly TemporaryDirectory _directory = new();
    private readonly TemporaryDirectory _elsewhere = new();

    public PlantedLinkTests()
    {
        File.WriteAllText(_elsewhere["file"], Content);
        File.SetUnixFileMode(_elsewhere["file"], UnixFileMode.UserRead);
    }

    public void Dispose()
    {
        Assert.Equal([_elsewhere["file"]], Directory.GetFileSystemEntries(_elsewhere.Path));
        Assert.Equal(Content, File.ReadAllText(_elsewhere["file"]));
        Assert.Equal(UnixFileMode.UserRead, File.GetUnixFileMode(_elsewhere["file"]));
        _directory.Dispose();
        _elsewhere.Dispose();
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void The_master_is_prepared(string target)
    {
        foreach (var name in (string[])["pids.json", "pids.json.new", "master-1.run", "master-1.run.new", "incarnation"]) Plant(name, target);

        var prepared = MasterPreparation.Run(
            new ExporterConfig(new Dictionary<string, string> { [MultiprocessDirectory.Variable] = _directory.Path }), EntryLayout.ValueOnly);

        Assert.Null(new FileInfo(prepared.RunFile).LinkTarget);
        Assert.Null(new FileInfo(_directory["pids.json"]).LinkTarget);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void The_incarnation_begins(string target)
    {
        Plant("incarnation", target);
        Plant($"incarnation.{Environment.ProcessId}.new", target);

        var incarnation = StoreIncarnation.Of(_directory.Path);

        Assert.Equal(incarnation, StoreIncarnation.Of(_directory.Path));
        Assert.Null(new FileInfo(_directory["incarnation"]).LinkTarget);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void The_control_socket_is_bound_for_its_user_only(string target)
    {
        Plant(ControlSocket.FileName, target);

        using var socket = ControlSocket.Bind(_directory.Path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory[ControlSocket.FileName]));
        Assert.Null(new FileInfo(_directory[ControlSocket.FileName]).LinkTarget);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void A_snapshot_that_waits_is_written_for_its_user_only(string target)
    {
        var path = SnapshotFile.PathOf(_directory.Path, 7);
        Plant(Path.GetFileName(path), target);

        Assert.Null(SnapshotFile.Read(path));
        SnapshotFile.Write(path, new() { Time = 7 });

        Assert.Equal(7, SnapshotFile.Read(path)!.Time);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void A_buffer_is_locked(string target)
    {
        Plant("lock", target);

        using var buffer = new SnapshotBuffer(_directory.Path, 1 << 20);

        Assert.Null(new FileInfo(_directory["lock"]).LinkTarget);
    }

    [Theory]
    [InlineData("file")]
    [InlineData("not-there")]
    public void A_worker_does_without_what_it_cannot_make(string target)
    {
        foreach (var name in (string[])["slots.lock", "counter_worker-1.db", "exemplars_worker-1.bin"])
        {
            Plant(name, target);
            Assert.ThrowsAny<Exception>(() => Use(name));
        }
    }

    private void Use(string name)
    {
        if (name == SlotName.LockFile) SlotTable.Open(_directory.Path).Dispose();
        else if (name.EndsWith(".db", StringComparison.Ordinal)) StoreFileWriter.Open(_directory[name], EntryLayout.ValueOnly).Dispose();
        else ExemplarWriter.Open(_directory[name], 1).Dispose();
    }

    private void Plant(string name, string target) => File.CreateSymbolicLink(_directory[name], _elsewhere[target]);
}
