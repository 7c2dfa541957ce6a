namespace GunicornPrometheusExporter.Exporter.Profiles;

/// <summary>Writes a profile as one line a stack, outermost frame first, with milliseconds: the input of flame graph tools.</summary>
internal static class FoldedStacks
{
    internal static byte[] Write(Profile profile)
    {
        var text = new StringBuilder();
        foreach (var (frames, seconds) in profile.Stacks.OrderByDescending(stack => stack.Value))
        {
            text.AppendJoin(';', frames.Reverse().Select(frame => FrameText.Of(frame).Replace(';', ':')));
            text.Append(CultureInfo.InvariantCulture, $" {Math.Round(seconds * 1000):0}\n");
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
