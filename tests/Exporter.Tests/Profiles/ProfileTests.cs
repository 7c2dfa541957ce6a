using System.Text;
using GunicornPrometheusExporter.Exporter.Profiles;
using GunicornPrometheusExporter.Stacks;
using Xunit;

namespace GunicornPrometheusExporter.Exporter.Tests.Profiles;

public sealed class ProfileTests
{
    [Fact]
    public void Equal_stacks_add_up()
    {
        var profile = Profiles.Of((0.5, "a", "b"), (0.25, "a", "b"), (0.25, "a", "c"));

        Assert.Equal([0.25, 0.75], profile.Stacks.Values.Order());
    }

    [Fact]
    public void However_long_the_names_are_that_a_worker_makes_up_the_memory_is_bounded()
    {
        var profile = new Profile();
        for (var i = 0; i < 1000; i++)
        {
            var file = new string('x', 490) + i;
            profile.Add([.. Enumerable.Range(0, 100).Select(frame => new StackFrame(file, frame, new string('y', 500)))], 1);
        }

        Assert.InRange(profile.Stacks.Count, 100, 500);
        Assert.Equal(1000, profile.Stacks.Values.Sum());
        Assert.True(profile.Stacks[[Profile.Other]] > 500);
    }

    [Fact]
    public void A_folded_stack_has_the_outermost_frame_first_and_its_milliseconds()
    {
        var profile = Profiles.Of((1.5, "outer", "in;ner"));

        Assert.Equal("outer (app/outer.py:1);in:ner (app/in:ner.py:2) 1500\n", Encoding.UTF8.GetString(FoldedStacks.Write(profile)));
    }

    [Theory]
    [InlineData("profile.svg", "svg")]
    [InlineData("/tmp/a.b/PROFILE.SVG", "svg")]
    [InlineData("x.json", "speedscope")]
    [InlineData("x.speedscope.json", "speedscope")]
    [InlineData("x.pb.gz", "pprof")]
    [InlineData("x.txt", "folded")]
    [InlineData("x.gz", null)]
    [InlineData("svg", null)]
    public void The_extension_of_a_file_names_its_format(string path, string? format) =>
        Assert.Equal(format, ProfileFormat.OfFile(path)?.Name);
}
