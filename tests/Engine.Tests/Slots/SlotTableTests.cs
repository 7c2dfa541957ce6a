using System.Diagnostics;
using GunicornPrometheusExporter.Files;
using GunicornPrometheusExporter.Native;
using GunicornPrometheusExporter.Slots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Slots;

public sealed class SlotTableTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_lowest_slot_that_no_other_process_holds_is_taken()
    {
        using var other = HoldInOtherProcess((SlotKind.Worker, 1), (SlotKind.Worker, 2));
        using var table = SlotTable.Open(_directory.Path);
        Assert.Equal(3, table.TakeLowest(SlotKind.Worker));
        Assert.Equal(1, table.TakeLowest(SlotKind.Master));
    }

    [Fact]
    public void Held_slots_are_seen_with_their_holder_and_those_of_other_kinds_are_not()
    {
        using var other = HoldInOtherProcess(
            (SlotKind.Worker, 2), (SlotKind.Worker, 3),
            (SlotKind.Worker, 70), (SlotKind.Master, 1));
        using var table = SlotTable.Open(_directory.Path);
        Assert.Equal([2, 3, 70], table.Held(SlotKind.Worker));
        Assert.Equal([1], table.Held(SlotKind.Master));
        Assert.Empty(table.Held(SlotKind.Process));
        Assert.Equal(other.Id, table.HolderOf(SlotKind.Worker, 70));
        Assert.Null(table.HolderOf(SlotKind.Worker, 1));
    }

    [Theory]
    [InlineData(20_000, 1)]
    [InlineData(1, 1 << 19)]
    public void Somebody_who_locks_bytes_without_end_is_told_of_and_keeps_no_reader_busy(int locks, int bytes)
    {
        using var table = SlotTable.Open(_directory.Path);
        using var file = File.OpenHandle(table.Path, access: FileAccess.ReadWrite);
        for (var i = 0; i < locks; i++)
        {
            var start = SlotTable.LifeByteOf(SlotKind.Worker, 2 * (i + 1));
            var range = new Libc.RecordLock { Type = Libc.WriteLock, Start = start, Length = bytes };
            Assert.Equal(0, Libc.Control((int)file.DangerousGetHandle(), Libc.SetDescriptionLock, ref range));
        }

        var error = Assert.Throws<StoreException>(() => table.Held(SlotKind.Worker));

        Assert.Contains("more than 4096 slots of a kind are locked", error.Message);
    }

    [Fact]
    public void One_table_has_the_turn_until_it_is_closed_whoever_else_opens_the_file()
    {
        using var first = SlotTable.OpenOwn(_directory.Path)!;
        Assert.True(first.TryTakeLeadership());
        SlotTable.Open(_directory.Path).Dispose();
        using var second = SlotTable.OpenOwn(_directory.Path)!;
        Assert.False(second.TryTakeLeadership());
        Assert.Empty(second.Held(SlotKind.Exporter));

        first.Dispose();

        Assert.True(second.TryTakeLeadership());
    }

    [Fact]
    public void A_killed_process_leaves_its_slot_free()
    {
        using var table = SlotTable.Open(_directory.Path);
        using (var other = HoldInOtherProcess((SlotKind.Worker, 1)))
        {
            Assert.False(table.TryTake(SlotKind.Worker, 1));
            other.Kill();
            other.WaitForExit();
        }
        Assert.True(table.TryTake(SlotKind.Worker, 1));
    }

    [Fact]
    public void A_slot_stays_held_when_its_process_opens_and_closes_the_lock_file()
    {
        using var first = SlotTable.Open(_directory.Path);
        Assert.True(first.TryTake(SlotKind.Worker, 1));
        SlotTable.Open(_directory.Path).Dispose();
        using var second = SlotTable.Open(_directory.Path);
        Assert.Equal([1], second.Held(SlotKind.Worker));
        Assert.False(second.TryTake(SlotKind.Worker, 1));
        Assert.Equal(0, second.HolderOf(SlotKind.Worker, 1));

        first.Dispose();

        Assert.True(second.TryTake(SlotKind.Worker, 1));
    }

    [Fact]
    public void A_planted_link_is_not_followed()
    {
        File.WriteAllText(_directory["elsewhere"], "");
        File.CreateSymbolicLink(_directory[SlotName.LockFile], _directory["elsewhere"]);
        Assert.Throws<StoreException>(() => SlotTable.Open(_directory.Path));
    }

    private Holder HoldInOtherProcess(params (SlotKind Kind, int Number)[] slots) =>
        new(_directory[SlotName.LockFile], [.. slots.SelectMany(slot => new[]
        {
            SlotTable.LifeByteOf(slot.Kind, slot.Number), SlotTable.PidByteOf(slot.Kind, slot.Number),
        })]);

    private sealed class Holder : IDisposable
    {
        private readonly Process _process;

        internal Holder(string path, long[] offsets)
        {
            const string Script =
                """
                import fcntl, os, sys
                fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
                for offset in sys.argv[2:]:
                    fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, int(offset))
                print("held", flush=True)
                sys.stdin.read()
                """;
            var start = new ProcessStartInfo("/usr/bin/python3") { RedirectStandardInput = true, RedirectStandardOutput = true };
            foreach (var argument in (string[])["-c", Script, path, .. offsets.Select(offset => $"{offset}")])
            {
                start.ArgumentList.Add(argument);
            }
            _process = Process.Start(start)!;
            Assert.Equal("held", _process.StandardOutput.ReadLine());
        }

        internal int Id => _process.Id;

        internal void Kill() => _process.Kill();

        internal void WaitForExit() => Assert.True(_process.WaitForExit(10_000));

        public void Dispose()
        {
            if (!_process.HasExited) _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
