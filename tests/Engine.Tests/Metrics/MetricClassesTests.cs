using System.Reflection;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Metrics;

public sealed class MetricClassesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly SlotStore _store;
    private readonly MetricWriter _writer;

    public MetricClassesTests()
    {
        _store = SlotStore.Open(_directory.Path, SlotKind.Process, EntryLayout.Timestamped);
        _writer = new MetricWriter(_store);
    }

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void Every_family_of_the_reference_is_recorded()
    {
        _writer.Add(MetricCatalogue.WorkerRequests, 1, "worker_1");
        _writer.Observe(MetricCatalogue.WorkerRequestDuration, 0.5, "worker_1");
        _writer.Set(MetricCatalogue.WorkerMemory, 52428800, "worker_1");
        _writer.Set(MetricCatalogue.WorkerCpu, 2.5, "worker_1");
        _writer.Set(MetricCatalogue.WorkerUptime, 3600, "worker_1");
        _writer.Add(MetricCatalogue.WorkerFailedRequests, 1, "worker_1", "GET", "/api/users", "404");
        _writer.Add(MetricCatalogue.WorkerErrorHandling, 1, "worker_1", "POST", "/api/data", "ValueError");
        new WorkerState(_writer).Set(1, "worker_1", "running", "1640995200.123");
        _writer.Add(MetricCatalogue.MasterWorkerRestarts, 1);

        Assert.Equal(1, Value(MetricCatalogue.WorkerRequests, "worker_1"));
        Assert.Equal(52428800, Value(MetricCatalogue.WorkerMemory, "worker_1"));
        Assert.Equal(2.5, Value(MetricCatalogue.WorkerCpu, "worker_1"));
        Assert.Equal(3600, Value(MetricCatalogue.WorkerUptime, "worker_1"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerFailedRequests, "worker_1", "GET", "/api/users", "404"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerErrorHandling, "worker_1", "POST", "/api/data", "ValueError"));
        Assert.Equal(1, Value(MetricCatalogue.WorkerState, "worker_1", "running"));
        Assert.Equal(1640995200.123, Value(MetricCatalogue.WorkerStateChangeTimestamp, "worker_1"));
        Assert.Equal(1, Value(MetricCatalogue.MasterWorkerRestarts));
    }

    [Fact]
    public void Mistakes_name_the_family_what_was_given_and_what_was_expected()
    {
        AssertMistake("gunicorn_worker_requests_total is a counter and cannot be incremented by -1.0; " +
            "give a finite amount of at least 0", () => _writer.Add(MetricCatalogue.WorkerRequests, -1, "worker_1"));
        AssertMistake("gunicorn_worker_request_duration_seconds cannot observe NaN; give a number",
            () => _writer.Observe(MetricCatalogue.WorkerRequestDuration, double.NaN, "worker_1"));
        AssertMistake("gunicorn_worker_state has the states starting, running, quit, abort, dead, not 'asleep'",
            () => new WorkerState(_writer).Set(1, "worker_1", "asleep", "1"));
        AssertMistake("gunicorn_worker_state takes a timestamp in seconds since the Unix epoch, not 'noon'",
            () => new WorkerState(_writer).Set(1, "worker_1", "running", "noon"));
        AssertMistake("gunicorn_worker_memory_bytes is a gauge; inc is for a counter",
            () => _writer.Add(MetricCatalogue.WorkerMemory, 1, "worker_1"));
        AssertMistake("gunicorn_worker_requests_total takes the labels (worker_id), not 2 values",
            () => _writer.Add(MetricCatalogue.WorkerRequests, 1, "worker_1", "GET"));
        AssertMistake("gunicorn_worker_requests_total: the value of label worker_id has 300 characters; at most 256 are allowed",
            () => _writer.Add(MetricCatalogue.WorkerRequests, 1, new string('x', 300)));
    }

    [Fact]
    public void Every_family_of_the_catalogue_has_a_name_that_fits_its_type()
    {
        foreach (var family in MetricCatalogue.All)
        {
            Assert.Matches("^(gunicorn|process)_", family.Name);
            Assert.Equal(family.Type == MetricType.Counter, family.Name.EndsWith("_total", StringComparison.Ordinal));
            Assert.Equal(family.Type == MetricType.Histogram, family.Buckets.Length > 0);
            Assert.NotEmpty(family.Help);
        }
        Assert.Equal(MetricCatalogue.All.Length, MetricCatalogue.All.DistinctBy(family => family.Name).Count());
    }

    [Fact]
    public void The_list_of_families_has_each_that_is_declared_and_no_other()
    {
        var declared = typeof(MetricCatalogue).GetProperties(BindingFlags.Static | BindingFlags.Public)
            .Select(property => property.GetValue(null)).OfType<MetricFamily>().ToHashSet();
        Assert.True(declared.Count > 50);
        Assert.Equal(declared, MetricCatalogue.All.Concat(MetricCatalogue.Unexposed).ToHashSet());
    }

    [Fact]
    public void Every_family_is_used_outside_the_catalogue()
    {
        var others = Documentation.Sources.Where(source => !source.Key.EndsWith("MetricCatalogue.cs", StringComparison.Ordinal))
            .Select(source => source.Value).ToArray();
        // The master in Python adds to these by their names in the store.
        others = [.. others, .. Directory.GetFiles(Path.Combine(Documentation.Repository, "python"), "*.py", SearchOption.AllDirectories)
            .Select(File.ReadAllText)];
        var unused = typeof(MetricCatalogue).GetProperties(BindingFlags.Static | BindingFlags.Public)
            .Where(property => property.GetValue(null) is MetricFamily family
                && !others.Any(text => text.Contains($"MetricCatalogue.{property.Name}", StringComparison.Ordinal)
                    || text.Contains($"\"{family.Name}\"", StringComparison.Ordinal)));

        Assert.Empty(unused.Select(property => property.Name));
    }

    private static void AssertMistake(string message, Action action) =>
        Assert.Equal(message, Assert.Throws<MetricsException>(action).Message);

    private double Value(MetricFamily family, params ReadOnlySpan<string> values) => _writer.Locate(family, values).Value;
}
