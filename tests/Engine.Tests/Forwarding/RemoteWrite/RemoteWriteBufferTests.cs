using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.RemoteWrite;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.RemoteWrite;

/// <summary>What waits while a receiver cannot be written, in memory and in a directory.</summary>
public sealed class RemoteWriteBufferTests : IAsyncLifetime
{
    private static readonly SnapshotLayout Layout = Snapshots.LayoutOf("a");

    private readonly ManualClock _clock = new();
    private readonly TemporaryDirectory _directory = new();
    private ScriptedReceiver _receiver = null!;
    private double _value;

    public async ValueTask InitializeAsync() => _receiver = await ScriptedReceiver.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _receiver.DisposeAsync();
        _directory.Dispose();
    }

    [Fact]
    public async Task What_waits_in_a_directory_survives_a_restart_in_order()
    {
        var forwarder = Forwarder(_directory["buffer"]);
        await FailAsync(forwarder, 3);
        _receiver.Next(503);
        await forwarder.DisposeAsync();
        Assert.Empty(_receiver.Samples);

        await using var next = Forwarder(_directory["buffer"]);
        var forwarded = await NextAsync(next);

        Assert.Equal((5, 0), (forwarded.Snapshots, forwarded.Waiting));
        Assert.Equal(["1", "2", "3", "end", "4"], Received());
        Assert.Empty(Files("buffer"));
    }

    [Fact]
    public async Task What_a_killed_process_left_in_a_directory_is_sent_by_the_next()
    {
        await using var killed = Forwarder(_directory["buffer"]);
        await FailAsync(killed, 2);
        // The files of a process that ends without a word, while this one goes on.
        Directory.CreateDirectory(_directory["left"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Files("buffer")) File.Copy(file, Path.Combine(_directory["left"], Path.GetFileName(file)));

        await using var next = Forwarder(_directory["left"]);
        await NextAsync(next);

        Assert.Equal(["1", "2", "3"], Received());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(40)]
    public async Task A_file_that_was_cut_short_is_dropped_counted_and_told_of(int length)
    {
        await using var forwarder = Forwarder(_directory["buffer"]);
        await FailAsync(forwarder, 3);
        using (var last = File.OpenWrite(Files("buffer")[2])) last.SetLength(length);

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));

        Assert.Equal("A snapshot in REMOTE_WRITE_BUFFER_DIR was truncated or removed", fault.Message);
        Assert.Equal((3, 1, 0), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        Assert.Equal(["1", "2", "4"], Received());
    }

    [Fact]
    public async Task A_file_in_which_a_byte_was_changed_is_dropped_and_counted()
    {
        await using var forwarder = Forwarder(_directory["buffer"]);
        await FailAsync(forwarder, 2);
        var bytes = File.ReadAllBytes(Files("buffer")[0]);
        bytes[^1] ^= 1;
        File.WriteAllBytes(Files("buffer")[0], bytes);

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));

        Assert.Equal((2, 1), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped));
        Assert.Equal(["2", "3"], Received());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Beyond_the_bound_the_oldest_are_dropped_and_counted(bool onDisk)
    {
        const int Bound = 1_000;
        await using var forwarder = Forwarder(onDisk ? _directory["buffer"] : null, Bound);
        var dropped = 0;
        for (var index = 0; index < 50; index++)
        {
            var (fault, bytes) = ((await FailAsync(forwarder, 1)), onDisk ? Files("buffer").Sum(file => new FileInfo(file).Length) : 0);
            dropped += fault.Forwarded.Dropped;
            Assert.InRange(bytes, 0, Bound);
            Assert.Equal(index + 1, dropped + fault.Forwarded.Waiting);
        }
        Assert.InRange(dropped, 1, 48);

        dropped += (await NextAsync(forwarder)).Dropped;

        Assert.Equal(Enumerable.Range(dropped + 1, 51 - dropped), _receiver.Samples.Select(sample => (int)sample.Value));
    }

    [Fact]
    public async Task A_directory_belongs_to_one_forwarder_at_a_time()
    {
        var first = Forwarder(_directory["buffer"]);
        await NextAsync(first);
        await using var second = Forwarder(_directory["buffer"]);

        var fault = await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(second));
        Assert.StartsWith($"REMOTE_WRITE_BUFFER_DIR is \"{_directory["buffer"]}\", which cannot be used: ", fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("; set it to a directory that no other exporter uses", fault.Message, StringComparison.Ordinal);

        await first.DisposeAsync();
        Assert.Equal(1, (await NextAsync(second)).Snapshots);
    }

    [Fact]
    public async Task What_cannot_be_written_to_the_directory_waits_in_memory_and_is_told_of()
    {
        await using var forwarder = Forwarder(_directory["buffer"]);
        await NextAsync(forwarder);
        Directory.Delete(_directory["buffer"], recursive: true);

        await FailAsync(forwarder, 2);
        var fault = await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));

        Assert.StartsWith("REMOTE_WRITE_BUFFER_DIR cannot be written: ", fault.Message, StringComparison.Ordinal);
        Assert.Equal((3, 0, 0), (fault.Forwarded.Snapshots, fault.Forwarded.Dropped, fault.Forwarded.Waiting));
        Assert.Equal(["1", "2", "3", "4"], Received());
    }

    [Fact]
    public async Task Files_of_others_are_left_alone()
    {
        Directory.CreateDirectory(_directory["buffer"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(_directory["buffer/notes.snapshot"], "mine");
        await using var forwarder = Forwarder(_directory["buffer"]);

        Assert.Equal(1, (await NextAsync(forwarder)).Snapshots);
        Assert.Equal("mine", File.ReadAllText(_directory["buffer/notes.snapshot"]));
    }

    private RemoteWriteForwarder Forwarder(string? directory, long bytes = 1 << 20) =>
        new(new() { Url = _receiver.Url, BufferDirectory = directory, BufferBytes = bytes }, _clock);

    private Task<Forwarded> NextAsync(RemoteWriteForwarder forwarder)
    {
        _clock.Move(forwarder.Interval);
        return forwarder.ForwardAsync(Layout.At(_clock, ++_value), TestContext.Current.CancellationToken);
    }

    private async Task<ForwardingException> FailAsync(RemoteWriteForwarder forwarder, int times)
    {
        ForwardingException fault = new("");
        for (var time = 0; time < times; time++)
        {
            _receiver.Next(503);
            fault = await Assert.ThrowsAsync<ForwardingException>(() => NextAsync(forwarder));
        }
        return fault;
    }

    private string[] Files(string directory) => [.. Directory.GetFiles(_directory[directory], "*.snapshot").Order(StringComparer.Ordinal)];

    private IEnumerable<string> Received() => _receiver.Samples.Select(sample => sample.IsEnd ? "end" : $"{sample.Value}");
}
