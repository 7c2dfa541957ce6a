using System.Text;
using GunicornPrometheusExporter.Deaths;
using GunicornPrometheusExporter.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Flights;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Recording;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Flights;

public sealed class FlightTableTests : IDisposable
{
    private const int MostEntries = 16384;

    private readonly TemporaryDirectory _directory = new();
    private readonly SlotStore _store;
    private readonly Cell _busy;

    public FlightTableTests()
    {
        _store = SlotStore.Open(_directory.Path, SlotKind.Worker, EntryLayout.Timestamped);
        _busy = _store.FileOf(MetricType.Counter).GetOrAdd("""["busy","busy_total",{},"h"]"""u8);
    }

    public void Dispose()
    {
        _store.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public void A_request_lies_in_the_file_byte_for_byte_as_the_layout_says()
    {
        _busy.Set(1.5);
        var sum = _store.FileOf(MetricType.Histogram).GetOrAdd("""["size","size_sum",{},"h"]"""u8);
        using var writer = _store.OpenFlightTable(_busy);
        writer.SetCapacity(4);
        writer.SetMemory(1024);
        var start = MonotonicClock.Seconds();
        var token = writer.Begin("GET"u8, "/users/42"u8, start);
        writer.Commit(start);
        Assert.True(writer.TryFind(token, out var entry));
        entry.Queue = 0.25;
        entry.Labels = 344;
        entry.Length = 7;
        entry.Trace = "0af7651916cd43dd8448eb211c80319c"u8;
        entry.Route = "/users/{id}"u8;
        entry.Respond(404);
        writer.Plan(sum, 0.5);
        writer.Commit(start + 2);

        var path = Assert.Single(FlightTableReader.In(_directory.Path));
        Assert.Matches("/flight_worker-1_[0-9a-f]{8}\\.bin$", path);
        var actual = File.ReadAllBytes(path).AsSpan(0, 1216 + 512).ToArray();
        var expected = new byte[actual.Length];
        void Put(int offset, params ReadOnlySpan<byte> bytes) => bytes.CopyTo(expected.AsSpan(offset));
        void PutDouble(int offset, double value) => Put(offset, BitConverter.GetBytes(value));
        Put(0, "GPEFLT03"u8);
        Put(8, BitConverter.GetBytes(Environment.ProcessId));
        Put(12, 4, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0);
        PutDouble(24, 1024);
        // The second commit took the place of the state at the start.
        Put(64, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
        PutDouble(72, 3.5);
        PutDouble(80, start + 2);
        Put(88, 2);
        var valueOffset = StoreFormat.HeaderSize + StoreFormat.ValueOffset("""["busy","busy_total",{},"h"]""".Length);
        Put(96, 1, 0, 0, 0, (byte)(StoreFormat.HeaderSize + StoreFormat.ValueOffset("""["size","size_sum",{},"h"]""".Length)));
        PutDouble(104, 0.5);
        Put(112, 0, 0, 0, 0, (byte)valueOffset);
        PutDouble(120, 3.5);
        // The first one.
        Put(608, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff);
        actual.AsSpan(616, 16).CopyTo(expected.AsSpan(616));
        Put(632, 1);
        Put(640, 0, 0, 0, 0, (byte)valueOffset);
        actual.AsSpan(648, 8).CopyTo(expected.AsSpan(648));
        Put(1216, 2, 0, 0, 0, 0x94, 1, 0, 0);
        PutDouble(1216 + 8, start);
        Put(1216 + 16, BitConverter.GetBytes(0.25f));
        Put(1216 + 20, 88, 1);
        Put(1216 + 24, 7);
        Put(1216 + 32, 1, 0, 0, 0, 3, 32, 9, 0, 11);
        Put(1216 + 48, "GET"u8);
        actual.AsSpan(1216 + 76, 4).CopyTo(expected.AsSpan(1216 + 76));
        Assert.True(actual.AsSpan(1216 + 76, 4).ContainsAnyExcept((byte)0));
        Put(1216 + 80, "0af7651916cd43dd8448eb211c80319c"u8);
        Put(1216 + 112, "/users/42"u8);
        Put(1216 + 352, "/users/{id}"u8);
        Assert.Equal(expected, actual);
        Assert.Equal((3.5, 0.5), (_busy.Value, sum.Value));
    }

    [Fact]
    public void What_is_committed_is_read_back_and_what_ended_is_not()
    {
        using var writer = _store.OpenFlightTable(_busy);
        var start = MonotonicClock.Seconds();
        var ended = writer.Begin("GET"u8, "/a"u8, start);
        var first = writer.Begin("POST"u8, "/b"u8, start + 1);
        _ = writer.Begin("PUT"u8, "/c"u8, start + 2);
        writer.Commit(start + 2);
        Assert.True(writer.TryFind(first, out var entry));
        entry.Respond(201);
        writer.Commit(start + 3, ended);

        var report = Read();
        Assert.Equal((Environment.ProcessId, 2, start + 3), (report.Pid, report.InFlight, report.LastChange));
        Assert.Equal(3, report.BusyTotal, 1e-6);
        Assert.False(report.IsUnfinished);
        Assert.Equal(
            [
                new FlightRequest(FlightState.Responding, 201, start + 1, "POST", "/b", "", "", Thread: CurrentThread.Id),
                new FlightRequest(FlightState.Running, 0, start + 2, "PUT", "/c", "", "", Thread: CurrentThread.Id),
            ],
            report.Requests);
    }

    [Fact]
    public void The_table_grows_past_its_first_entries_until_it_is_full_and_frees_what_ended()
    {
        using var writer = _store.OpenFlightTable(_busy);
        var tokens = new List<long>();
        for (var i = 0; i < MostEntries; i++) tokens.Add(writer.Begin("GET"u8, Encoding.UTF8.GetBytes($"/{i}"), i));
        Assert.DoesNotContain(-1, tokens);
        Assert.Equal(-1, writer.Begin("GET"u8, "/one-too-many"u8, 0));
        Assert.Equal(MostEntries, Read().Requests.Length);
        Assert.Equal("/16383", Read().Requests[^1].Path);

        writer.Commit(0, tokens[100]);
        var next = writer.Begin("GET"u8, "/next"u8, 0);
        Assert.NotEqual(-1, next);
        Assert.Equal("/next", Read().Requests[100].Path);
        Assert.Equal(-1, writer.Begin("GET"u8, "/one-too-many"u8, 0));
    }

    [Fact]
    public void A_token_finds_nothing_once_its_request_ended_even_if_another_has_its_entry()
    {
        using var writer = _store.OpenFlightTable(_busy);
        var stale = writer.Begin("GET"u8, "/a"u8, 1);
        writer.Commit(1, stale);
        Assert.False(writer.TryFind(stale, out _));
        var current = writer.Begin("GET"u8, "/b"u8, 1);
        Assert.NotEqual(stale, current);
        Assert.False(writer.TryFind(stale, out _));
        Assert.True(writer.TryFind(current, out _));
        foreach (var token in (long[])[-1, 63, long.MaxValue]) Assert.False(writer.TryFind(token, out _));
    }

    [Fact]
    public void What_is_too_long_is_cut()
    {
        using var writer = _store.OpenFlightTable(_busy);
        _ = writer.Begin(new byte[500].AsSpan(), Encoding.UTF8.GetBytes(new string('p', 500)), 1);
        var request = Assert.Single(Read().Requests);
        Assert.Equal((28, 240), (request.Method.Length, request.Path.Length));
    }

    [Fact]
    public void A_worker_that_ended_with_nothing_in_hand_leaves_no_file_and_any_other_does()
    {
        var idle = _store.OpenFlightTable(_busy);
        idle.Dispose();
        Assert.Empty(FlightTableReader.In(_directory.Path));
        var busy = _store.OpenFlightTable(_busy);
        _ = busy.Begin("GET"u8, "/"u8, 1);
        busy.Dispose();
        Assert.Single(Read().Requests);
    }

    [Fact]
    public void Too_many_cells_in_one_commit_are_refused()
    {
        using var writer = _store.OpenFlightTable(_busy);
        for (var i = 0; i < CellChanges.Capacity; i++) writer.Plan(_busy, 0);
        Assert.Throws<InvalidOperationException>(() => writer.Plan(_busy, 0));
    }

    [Fact]
    public void A_file_that_is_locked_is_of_a_live_worker_and_one_that_is_not_is_of_a_dead_one()
    {
        var path = WriteTwoInFlight();
        using (new FileLock(path))
        {
            Assert.True(FlightTableReader.TryReadLoad(path, 10, out var load));
            Assert.Equal(new FlightLoad(true, 0, 2, 7, 8) { Memory = 50_000_000 }, load);
        }
        Assert.True(FlightTableReader.TryReadLoad(path, 11, out var dead));
        Assert.False(dead.IsAlive);
        Assert.Equal(7, FlightTableReader.TryRead(path)!.ReportedBusy);
        File.Delete(path);
        Assert.False(FlightTableReader.TryReadLoad(path, 12, out _));
        Assert.Null(FlightTableReader.TryRead(path));
    }

    [Fact]
    public async Task A_commit_of_a_process_that_releases_its_slot_before_its_flight_file_is_applied_by_the_next_holder()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["flight_worker-1_00000001.bin"];
        var image = FlightImage.Bytes(1, 1, 0, 0, new FlightRequest(FlightState.Running, 0, 1, "GET", "/", "", ""));
        // Committed and not applied: the other record, which frees the first flight record.
        image[16] = 1;
        await File.WriteAllBytesAsync(path, image, TestContext.Current.CancellationToken);
        Assert.True(FlightTableReader.TryRead(path)!.IsUnfinished);

        var dying = new FileLock(path);
        var death = Task.Run(dying.Dispose, TestContext.Current.CancellationToken);
        using (SlotStore.Open(directory.Path, SlotKind.Worker, EntryLayout.Timestamped))
        {
            Assert.False(FlightTableReader.TryRead(path)!.IsUnfinished);
        }
        await death;
    }

    [Fact]
    public void What_was_said_of_a_live_worker_is_never_taken_back()
    {
        var path = WriteTwoInFlight();
        using var alive = new FileLock(path);
        Assert.Equal([7, 11, 11, 13], new double[] { 10, 12, 11, 13 }.Select(Busy));
        // While another exporter notes what it says, only what is noted is said.
        using (new FileLock(path, offset: 1)) Assert.Equal(13, Busy(14));
        Assert.Equal(17, Busy(15));

        double Busy(double now) => FlightTableReader.TryReadLoad(path, now, out var load) ? load.BusySeconds : 0;
    }

    [Fact]
    public async Task The_busy_time_of_a_worker_that_commits_meanwhile_never_falls()
    {
        const int Looks = 20_000;
        using var writer = _store.OpenFlightTable(_busy);
        var path = FlightTableReader.In(_directory.Path).Single();
        double last = 0;
        var looking = Task.Run(() =>
        {
            for (var i = 0; i < Looks; i++)
            {
                Assert.True(FlightTableReader.TryReadLoad(path, MonotonicClock.Seconds(), out var load));
                Assert.True(load.BusySeconds >= last, $"{last} became {load.BusySeconds}");
                last = load.BusySeconds;
            }
        });
        while (!looking.IsCompleted)
        {
            var token = writer.Begin("GET"u8, "/"u8, 0);
            writer.Commit(MonotonicClock.Seconds());
            Thread.SpinWait(100);
            // A worker has more to do between the clock and the commit.
            var now = MonotonicClock.Seconds();
            Thread.SpinWait(10);
            writer.Commit(now, token);
        }
        await looking;
        var dead = new DeadWorker(path, SlotKind.Worker, 1, FlightTableReader.TryRead(path), 0);
        Assert.True(_busy.Value + dead.LostBusySeconds >= last);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GPEFLT0")]
    [InlineData("GPEFLT03 and no more")]
    public void A_file_without_a_header_is_corrupt(string content)
    {
        var path = _directory["flight_worker-1_00000000.bin"];
        File.WriteAllText(path, content);
        Assert.Throws<CorruptFileException>(() => FlightTableReader.TryRead(path));
    }

    [Theory]
    [InlineData(-1, 1, 1, 1)]
    [InlineData(1, double.NaN, 1, 1)]
    [InlineData(1, -1, 1, 1)]
    [InlineData(1, 1, 1e300, 1)]
    [InlineData(1, 1, 1, double.PositiveInfinity)]
    public void A_header_with_numbers_that_no_worker_writes_is_corrupt(int inFlight, double busy, double lastChange, double told)
    {
        var path = _directory["flight_worker-1_00000001.bin"];
        var bytes = FlightImage.Bytes(1, inFlight, busy, lastChange);
        BitConverter.TryWriteBytes(bytes.AsSpan(32), told);
        File.WriteAllBytes(path, bytes);
        Assert.Throws<CorruptFileException>(() => FlightTableReader.TryRead(path));
    }

    [Theory]
    [InlineData(double.NegativeInfinity)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    [InlineData(-1e300)]
    public void A_start_that_no_worker_writes_is_the_boot_of_the_machine(double start)
    {
        File.WriteAllBytes(_directory["flight_worker-1_00000000.bin"], FlightImage.Bytes(
            7, 2, 0, 0, new FlightRequest(FlightState.Running, 0, start, "GET", "/", "", ""),
            new FlightRequest(FlightState.Running, 0, 9, "GET", "/", "", "")));

        Assert.Equal([0, 9], Read().Requests.Select(request => request.Started));
    }

    [Theory]
    [InlineData("/store/flight_worker-12_0a0b0c0d.bin", 12)]
    [InlineData("/store/flight_worker-0_0a0b0c0d.bin", null)]
    [InlineData("/store/flight_1234.bin", null)]
    [InlineData("/store/counter_worker-1.bin", null)]
    public void A_name_tells_the_slot(string path, int? number)
    {
        Assert.Equal(number is not null, FlightTableReader.TryParseSlot(path, out var kind, out var parsed));
        if (number is not null) Assert.Equal((SlotKind.Worker, number), (kind, parsed));
    }

    private string WriteTwoInFlight()
    {
        var path = _directory["flight_worker-1_00000000.bin"];
        File.WriteAllBytes(path, FlightImage.Bytes(
            pid: 7, inFlight: 2, busy: 5, lastChange: 9,
            new FlightRequest(FlightState.Running, 0, 9, "GET", "/", "", ""), new FlightRequest(FlightState.Running, 0, 8, "GET", "/", "", "")));
        return path;
    }

    private FlightReport Read() => FlightTableReader.TryRead(FlightTableReader.In(_directory.Path).Single())!;
}
