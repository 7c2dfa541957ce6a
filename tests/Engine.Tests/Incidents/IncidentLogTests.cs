using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Incidents;
using GunicornPrometheusExporter.Slots;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Incidents;

public sealed class IncidentLogTests : IDisposable
{
    private const double Now = 1_800_000_000;

    private readonly TemporaryDirectory _directory = new();

    private string File => _directory["incidents.jsonl"];

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_was_added_is_read_by_the_next_exporter_in_order_of_time_with_every_field()
    {
        var whole = new Incident(Now + 2.125, IncidentKinds.Timeout)
        {
            WorkerId = "worker_3",
            Pid = 4711,
            Cause = "timeout",
            Signal = "SIGABRT",
            Method = "GET",
            Route = "/a\n\"b\"/\u001b[2J",
            Status = 200,
            AgeSeconds = 30.5,
            TraceId = "0af7",
            MemoryBytes = 5e7,
            ErrorType = "KeyError",
            Stack = [new("/srv/app.py", 12, "slow"), new("/srv/app.py", 3, "<module>")],
        };
        Write(whole, new Incident(Now, IncidentKinds.Reload));
        var read = new IncidentLog(_directory.Path).Read();
        Assert.Equal([IncidentKinds.Reload, IncidentKinds.Timeout], read.Select(incident => incident.Kind));
        Assert.Equal(whole with { Stack = null }, read[1] with { Stack = null });
        Assert.Equal(whole.Stack!.Value.AsEnumerable(), read[1].Stack!.Value);
        Assert.Equal(2, System.IO.File.ReadAllLines(File).Length);
    }

    [Fact]
    public void Each_kind_keeps_its_newest_incidents()
    {
        string[] kinds = ["death", "timeout", "slow", "blocked", "exception", "reload", "other"];
        Write([.. Enumerable.Range(0, 300).SelectMany(number => kinds.Select(kind => new Incident(Now + number, kind) { Pid = number }))]);
        var counts = new IncidentLog(_directory.Path).Read().GroupBy(incident => incident.Kind).ToDictionary(
            kind => kind.Key, kind => (kind.Count(), kind.Min(incident => incident.Pid)));
        Assert.Equal(
            new Dictionary<string, (int, int?)>
            {
                ["death"] = (50, 250),
                ["timeout"] = (50, 250),
                ["slow"] = (50, 250),
                ["blocked"] = (50, 250),
                ["exception"] = (50, 250),
                ["reload"] = (50, 250),
            },
            counts);
    }

    [Fact]
    public void A_death_that_another_exporter_stored_is_not_stored_again_but_two_requests_of_one_death_are()
    {
        Incident[] death = [Death("/a"), Death("/b"), Death("/b")];
        Write(death);
        Write(death);
        Write(new Incident(Now + .3, IncidentKinds.Death) { Pid = 7 });
        Assert.Equal(3, new IncidentLog(_directory.Path).Read().Length);
        Write(Death("/c") with { Time = Now + 5 }, Death("/c") with { WorkerId = "worker_2" }, new(Now + 9, IncidentKinds.Death) { Pid = 7 });
        Assert.Equal(6, new IncidentLog(_directory.Path).Read().Length);

        static Incident Death(string route) => new(Now, IncidentKinds.Death) { Pid = 7, WorkerId = "worker_1", Route = route };
    }

    [Fact]
    public void A_late_record_of_an_exit_whose_cause_was_unknown_is_not_another_death()
    {
        var unknown = new Incident(Now, IncidentKinds.Death) { Pid = 7, WorkerId = "worker_1", Cause = "unknown" };
        Write(unknown);
        Write(new Incident(Now + 30, IncidentKinds.Death) { Pid = 7, Cause = "signal" });
        Assert.Equal([unknown], new IncidentLog(_directory.Path).Read());
    }

    [Fact]
    public void Damaged_and_foreign_lines_are_skipped_and_do_not_survive_the_next_write()
    {
        System.IO.File.WriteAllLines(File,
        [
            "not json", "null", "[]", "{}", """{"time":1,"kind":null}""", """{"time":1e300,"kind":"death"}""",
            """{"time":-1,"kind":"death"}""", """{"time":1,"kind":"death","stack":[null]}""",
            """{"time":1,"kind":"death","stack":[{"file":null,"line":1,"function":"f"}]}""",
            """{"time":1,"kind":"else"}""", """{"time":1,"kind":"death","route":"\ud800"}""", new string('[', 5000), """{"time":5,"kind":"death","new_field":{"a":[1]}}""",
        ]);
        Assert.Equal([new Incident(5, "death")], new IncidentLog(_directory.Path).Read());
        Write(new Incident(6, "reload"));
        Assert.Equal(2, System.IO.File.ReadAllLines(File).Length);
    }

    [Fact]
    public void However_many_lines_a_worker_writes_only_the_last_ones_are_read()
    {
        const string First = """{"time":5,"kind":"death"}""";
        var noise = string.Concat(Enumerable.Repeat("x\n", 1_000_000));
        System.IO.File.WriteAllText(File, First + "\n" + noise + """{"time":6,"kind":"death"}""" + "\n");
        Assert.Equal([new Incident(6, "death")], new IncidentLog(_directory.Path).Read());
    }

    [Fact]
    public void A_file_that_is_too_large_or_no_file_is_replaced()
    {
        using (var file = System.IO.File.Create(File)) file.SetLength(5 << 20);
        Assert.Empty(new IncidentLog(_directory.Path).Read());
        Write(new Incident(Now, "reload"));
        Assert.Single(new IncidentLog(_directory.Path).Read());
        System.IO.File.Delete(File);
        System.IO.File.CreateSymbolicLink(File, "/dev/zero");
        Assert.Empty(new IncidentLog(_directory.Path).Read());
        Write(new Incident(Now, "reload"));
        Assert.Single(new IncidentLog(_directory.Path).Read());
    }

    [Fact]
    public void The_file_stays_below_its_limit_whatever_a_worker_names_its_files()
    {
        var frame = new StackFrame(new string('x', 500), 1, new string('y', 500));
        Write([.. Enumerable.Range(0, 100).Select(number => new Incident(Now + number, "slow") { Stack = [.. Enumerable.Repeat(frame, 100)] })]);
        Assert.InRange(new FileInfo(File).Length, 3 << 20, 4 << 20);
        Assert.Equal(Now + 99, new IncidentLog(_directory.Path).Read()[^1].Time);
    }

    [Fact]
    public void A_full_disk_loses_nothing_that_it_can_store_later()
    {
        using var disk = new SmallDisk(64);
        var log = new IncidentLog(disk.Path);
        var filler = Path.Combine(disk.Path, "filler");
        Fill(filler);
        log.Add(new Incident(Now, "reload"));
        Assert.ThrowsAny<IOException>(log.Write);
        Assert.Single(log.Read());
        System.IO.File.Delete(filler);
        log.Write();
        Assert.Single(new IncidentLog(disk.Path).Read());

        static void Fill(string path)
        {
            using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
            try
            {
                while (true) file.Write(new byte[1024]);
            }
            catch (IOException)
            {
                // Full.
            }
        }
    }

    [Fact]
    public void Only_the_holder_of_the_exporters_slot_writes()
    {
        using var other = SlotTable.Open(_directory.Path);
        Assert.True(other.TryTake(SlotKind.Exporter, 1));
        var log = new IncidentLog(_directory.Path);
        log.Add(new Incident(Now, "reload"));
        log.Write();
        Assert.False(System.IO.File.Exists(File));
        other.Dispose();
        log.Write();
        Assert.True(System.IO.File.Exists(File));
    }

    private void Write(params Incident[] incidents)
    {
        var log = new IncidentLog(_directory.Path);
        log.Add(incidents);
        log.Write();
    }
}
