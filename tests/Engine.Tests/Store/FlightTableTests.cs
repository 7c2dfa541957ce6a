using System.Text;
using GunicornPrometheusExporter.Engine.Tests.Flights;
using GunicornPrometheusExporter.Store;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Store;

public sealed class FlightTableTests : IDisposable
{
    private const int MostEntries = 16384;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_request_lies_in_the_file_byte_for_byte_as_the_layout_says()
    {
        using var writer = FlightTableWriter.Create(_directory.Path, "worker-3");
        writer.SetCapacity(4);
        writer.SetMemory(1024);
        var token = writer.Begin("GET"u8, "/users/42"u8, 2.5);
        Assert.True(writer.TryFind(token, out var entry));
        entry.Queue = 0.25;
        entry.Length = 7;
        entry.Trace = "0af7651916cd43dd8448eb211c80319c"u8;
        entry.Route = "/users/{id}"u8;
        entry.Respond(404);
        writer.Publish(1.5, 2.5);

        var path = Assert.Single(FlightTableReader.In(_directory.Path));
        Assert.Matches("/flight_worker-3_[0-9a-f]{8}\\.bin$", path);
        var expected = new byte[64 + 512];
        void Put(int offset, params ReadOnlySpan<byte> bytes) => bytes.CopyTo(expected.AsSpan(offset));
        Put(0, "GPEFLT01"u8);
        Put(8, BitConverter.GetBytes(Environment.ProcessId));
        Put(12, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0);
        Put(24, BitConverter.GetBytes(1.5));
        Put(32, BitConverter.GetBytes(2.5));
        Put(40, BitConverter.GetBytes(1024.0));
        Put(64, 2, 0, 0, 0, 0x94, 1, 0, 0);
        Put(64 + 8, BitConverter.GetBytes(2.5));
        Put(64 + 16, BitConverter.GetBytes(0.25));
        Put(64 + 24, 7);
        Put(64 + 32, 1, 0, 0, 0, 3, 32, 9, 0, 11);
        Put(64 + 48, "GET"u8);
        Put(64 + 80, "0af7651916cd43dd8448eb211c80319c"u8);
        Put(64 + 112, "/users/42"u8);
        Put(64 + 352, "/users/{id}"u8);
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var actual = new byte[expected.Length];
        stream.ReadExactly(actual);
        Assert.Equal(expected, actual);
    }

    [Fact]
    public void What_is_written_is_read_back_and_what_ended_is_not()
    {
        using var writer = FlightTableWriter.Create(_directory.Path, "worker-1");
        var ended = writer.Begin("GET"u8, "/a"u8, 1);
        var first = writer.Begin("POST"u8, "/b"u8, 2);
        _ = writer.Begin("PUT"u8, "/c"u8, 3);
        writer.End(ended);
        Assert.True(writer.TryFind(first, out var entry));
        entry.Respond(201);
        writer.Publish(0.5, 4);

        var report = Read();
        Assert.Equal((Environment.ProcessId, 2, 0.5, 4.0), (report.Pid, report.InFlight, report.BusyTotal, report.LastChange));
        Assert.Equal(
            [
                new FlightRequest(FlightState.Responding, 201, 2, "POST", "/b", "", ""),
                new FlightRequest(FlightState.Running, 0, 3, "PUT", "/c", "", ""),
            ],
            report.Requests);
    }

    [Fact]
    public void The_table_grows_past_its_first_entries_until_it_is_full_and_frees_what_ended()
    {
        using var writer = FlightTableWriter.Create(_directory.Path, "worker-1");
        var tokens = new List<long>();
        for (var i = 0; i < MostEntries; i++) tokens.Add(writer.Begin("GET"u8, Encoding.UTF8.GetBytes($"/{i}"), i));
        Assert.DoesNotContain(-1, tokens);
        Assert.Equal(-1, writer.Begin("GET"u8, "/one-too-many"u8, 0));
        Assert.Equal(MostEntries, Read().Requests.Length);
        Assert.Equal("/16383", Read().Requests[^1].Path);

        writer.End(tokens[100]);
        var next = writer.Begin("GET"u8, "/next"u8, 0);
        Assert.NotEqual(-1, next);
        Assert.Equal("/next", Read().Requests[100].Path);
        Assert.Equal(-1, writer.Begin("GET"u8, "/one-too-many"u8, 0));
    }

    [Fact]
    public void A_token_finds_nothing_once_its_request_ended_even_if_another_has_its_entry()
    {
        using var writer = FlightTableWriter.Create(_directory.Path, "worker-1");
        var stale = writer.Begin("GET"u8, "/a"u8, 1);
        writer.End(stale);
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
        using var writer = FlightTableWriter.Create(_directory.Path, "worker-1");
        _ = writer.Begin(new byte[500].AsSpan(), Encoding.UTF8.GetBytes(new string('p', 500)), 1);
        var request = Assert.Single(Read().Requests);
        Assert.Equal((32, 240), (request.Method.Length, request.Path.Length));
    }

    [Fact]
    public void A_worker_that_ended_with_nothing_in_hand_leaves_no_file_and_any_other_does()
    {
        var idle = FlightTableWriter.Create(_directory.Path, "worker-1");
        idle.Dispose();
        Assert.Empty(FlightTableReader.In(_directory.Path));
        var busy = FlightTableWriter.Create(_directory.Path, "worker-1");
        _ = busy.Begin("GET"u8, "/"u8, 1);
        busy.Dispose();
        Assert.Single(Read().Requests);
    }

    [Fact]
    public void A_header_that_its_worker_died_in_is_read_as_it_was_left()
    {
        var bytes = FlightFile.Bytes(pid: 7, inFlight: 1, busy: 5, lastChange: 9, new FlightRequest(FlightState.Running, 0, 9, "GET", "/", "", ""));
        bytes[20] = 3;
        File.WriteAllBytes(_directory["flight_worker-1_00000000.bin"], bytes);
        Assert.Equal((7, 5.0), (Read().Pid, Read().BusyTotal));
    }

    [Fact]
    public void A_file_that_is_locked_is_of_a_live_worker_and_one_that_is_not_is_of_a_dead_one()
    {
        var path = _directory["flight_worker-1_00000000.bin"];
        File.WriteAllBytes(path, FlightFile.Bytes(
            pid: 7, inFlight: 2, busy: 5, lastChange: 9,
            new FlightRequest(FlightState.Running, 0, 9, "GET", "/", "", ""), new FlightRequest(FlightState.Running, 0, 8, "GET", "/", "", "")));
        using (new FileLock(path))
        {
            Assert.True(FlightTableReader.TryReadLoad(path, out var load));
            Assert.Equal(new FlightLoad(true, 0, 2, 5, 9, 8), load);
        }
        Assert.True(FlightTableReader.TryReadLoad(path, out var dead));
        Assert.False(dead.IsAlive);
        File.Delete(path);
        Assert.False(FlightTableReader.TryReadLoad(path, out _));
        Assert.Null(FlightTableReader.TryRead(path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("GPEFLT0")]
    [InlineData("GPEFLT02--------------------------------------------------------")]
    public void A_file_without_a_header_is_corrupt(string content)
    {
        var path = _directory["flight_worker-1_00000000.bin"];
        File.WriteAllText(path, content);
        Assert.Throws<CorruptFileException>(() => FlightTableReader.TryRead(path));
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

    private FlightReport Read() => FlightTableReader.TryRead(FlightTableReader.In(_directory.Path).Single())!;
}
