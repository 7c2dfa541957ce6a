using GunicornPrometheusExporter.Engine.Tests.Files;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Incidents;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Incidents;

public sealed class MasterReloadsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly IncidentLog _incidents;
    private readonly MasterReloads _reloads;

    public MasterReloadsTests()
    {
        _incidents = new(_directory.Path);
        _reloads = new(_directory.Path, _incidents, TimeProvider.System);
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Each_look_adds_one_for_the_signals_since_the_look_before()
    {
        Look(1, 5);
        Assert.Empty(_incidents.Read());
        Look(1, 5);
        Look(1, 6);
        Look(2, 1);
        Assert.Equal(["gunicorn", "gunicorn"], _incidents.Read().Select(incident => incident.Cause));
    }

    [Fact]
    public void A_store_that_was_cleaned_and_damaged_files_are_no_reload()
    {
        Look(1, 5);
        File.Delete(_directory["counter_master-1.db"]);
        _reloads.Look();
        Look(1, 0);
        File.WriteAllText(_directory["counter_master-2.db"], "no file of ours");
        _reloads.Look();
        Assert.Empty(_incidents.Read());
    }

    [Fact]
    public void Only_one_exporter_of_a_store_adds_them()
    {
        _reloads.IsLeader = () => false;
        Look(1, 5);
        Look(1, 6);
        _reloads.IsLeader = () => true;
        _reloads.Look();
        Assert.Empty(_incidents.Read());
        Look(1, 7);
        Assert.Single(_incidents.Read());
    }

    private void Look(int master, double count)
    {
        const string Family = "gunicorn_master_signals";
        TestFile.Write(
            _directory[$"counter_master-{master}.db"], EntryLayout.ValueOnly,
            TestEntry.Of(Family, Family + "_total", [("signal", "chld")], 100),
            TestEntry.Of(Family, Family + "_total", [("signal", "hup")], count));
        _reloads.Look();
    }
}
