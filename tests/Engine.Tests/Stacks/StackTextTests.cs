using System.Text;
using CsCheck;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Stacks;

/// <summary>What faulthandler writes is read, and nothing else.</summary>
public sealed class StackTextTests
{
    private const string Header = "Stack (most recent call first):\n";
    private const string Frame = "  File \"/srv/app.py\", line 3 in view\n";

    [Theory]
    [InlineData("  File \"/srv/app.py\", line 3 in view\n", "/srv/app.py", 3, "view")]
    [InlineData("  File \"/srv/a, line 1 in b.py\", line 3 in <lambda>\n", "/srv/a, line 1 in b.py", 3, "<lambda>")]
    [InlineData("  File \"/srv/a\\xe4.py\", line 0 in f\n", "/srv/a\\xe4.py", 0, "f")]
    [InlineData("  File ???, line ??? in ???\n", "???", 0, "???")]
    public void A_frame_has_a_file_a_line_and_a_function(string text, string file, int line, string function) =>
        Assert.Equal([new StackFrame(file, line, function)], Assert.Single(Read("thread 7 8 1.000\n" + Header + text)).Frames);

    [Fact]
    public void A_stack_that_was_too_deep_has_the_frames_that_were_written()
    {
        var frames = string.Concat(Enumerable.Repeat(Frame, 100));

        Assert.Equal(100, Assert.Single(Read("thread 7 8 1.000\n" + Header + frames + "  ...\n")).Frames.Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("thread 7 8 1.000\n")]
    [InlineData("thread 7 8 1.000\n" + Header)]
    [InlineData("thread 7 8 1.000\n" + Header + "  <no Python frame>\n")]
    [InlineData(Header + Frame)]
    [InlineData("thread 7 8 1.000\n" + Frame)]
    [InlineData("thread 7 8 1.000\n" + Header + Frame + Header + Frame)]
    [InlineData("thread 7 8 1.000\n" + Header + Frame + "something else\n")]
    [InlineData("thread 7 8\n" + Header + Frame)]
    [InlineData("thread -7 8 1.000\n" + Header + Frame)]
    [InlineData("thread 7 8 NaN\n" + Header + Frame)]
    [InlineData("thread 99999999999 8 1.000\n" + Header + Frame)]
    public void A_stack_that_is_not_whole_is_dropped(string text) => Assert.Empty(Read(text));

    [Fact]
    public void The_last_line_counts_once_it_has_an_end() =>
        Assert.Single(Assert.Single(Read("thread 7 8 1.000\n" + Header + Frame + "  File \"/srv/app.py\", line 9")).Frames);

    [Fact]
    public void A_damaged_stack_does_not_spoil_the_next_one() =>
        Assert.Equal([9, 11], Read(
            "thread 7 8 1.000\nnonsense\n" + "thread 7 9 1.000\n" + Header + Frame
            + "thread 7 10 1.000\n" + "thread 7 11 2.000\n" + Header + Frame)
            .Select(stack => stack.Thread));

    [Fact]
    public void A_marker_can_be_read_back()
    {
        Assert.True(StackText.TryReadMarker(StackText.MarkerOf(7, 8, 12345.6789).AsSpan()[..^1], out var marker));
        Assert.Equal((7, 8, 12345.679), (marker.Pid, marker.Thread, marker.Time));
    }

    [Fact]
    public void Whatever_a_worker_writes_the_result_is_bounded() => Gen.OneOf(
            "thread 7 8 1.000\n", Header, Frame, "  ...\n", "\n", "thread ", "  File \"", "\", line ", " in ", "\0", "\xff", "9",
            new string('x', 700))
        .Array[0, 400].Select(string.Concat).ForAll(
            text =>
            {
                foreach (var stack in Read(text))
                {
                    Assert.InRange(stack.Frames.Length, 1, StackText.MostFrames);
                    Assert.All(stack.Frames, frame => Assert.InRange(frame.File.Length, 0, StackText.LongestText));
                    Assert.All(stack.Frames, frame => Assert.InRange(frame.Function.Length, 0, StackText.LongestText));
                }
            },
            count: 2000);

    [Fact]
    public void No_more_stacks_are_read_than_a_worker_may_leave() =>
        Assert.Equal(1024, Read(string.Concat(Enumerable.Repeat("thread 7 8 1.000\n" + Header + Frame, 5000))).Count);

    private static IReadOnlyList<ThreadStack> Read(string text) => StackText.Read(Encoding.UTF8.GetBytes(text));
}
