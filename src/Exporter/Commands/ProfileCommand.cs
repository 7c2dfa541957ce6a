using System.Runtime.InteropServices;
using GunicornPrometheusExporter.Exporter.Profiles;
using GunicornPrometheusExporter.Native;
using Microsoft.Win32.SafeHandles;

namespace GunicornPrometheusExporter.Exporter.Commands;

/// <summary><c>profile</c>: samples the threads of the workers that handle requests, and writes where they spent the time.</summary>
internal sealed class ProfileCommand : Command
{
    private const string StandardOutput = "-";
    private const uint ReadableToAll = 0x1A4;

    private readonly Option<double> _seconds = NumberOption(
        "--seconds", "How long to take samples", "SECONDS", ProfileRequest.DefaultSeconds, ProfileRequest.LongestSeconds);

    private readonly Option<double> _rate = NumberOption(
        "--rate", "Samples per second of each worker", "NUMBER", ProfileRequest.HighestRate, ProfileRequest.HighestRate);

    private readonly Option<string?> _worker = new("--worker")
    {
        Description = "Only this worker, as in the label worker_id",
        HelpName = "WORKER",
    };

    private readonly Option<string?> _route = new("--route")
    {
        Description = "Only requests of this route, as in the label endpoint",
        HelpName = "ROUTE",
    };

    private readonly Option<string?> _output = new("--output")
    {
        Description = "File to write, or - for standard output; defaults to profile.svg",
        HelpName = "PATH",
    };

    private readonly Option<string?> _format = new("--format") { Description = "Format; defaults to that of the file's extension" };

    private readonly StoreOptions _store = new();

    internal ProfileCommand() : base("profile", "Profile the requests of the workers: a flame graph of their Python stacks")
    {
        _format.AcceptOnlyFromAmong([.. ProfileFormat.All.Select(format => format.Name)]);
        foreach (var option in (ReadOnlySpan<Option>)[_seconds, _rate, _worker, _route, _output, _format]) Options.Add(option);
        _store.AddTo(this);
        SetAction((parsed, end) => Task.FromResult(Run(parsed, end)));
    }

    private int Run(ParseResult parsed, CancellationToken end)
    {
        var config = _store.Load(parsed);
        var format = parsed.GetValue(_format) is { } name ? ProfileFormat.Find(name)! : null;
        var path = parsed.GetValue(_output) ?? $"profile{(format ?? ProfileFormat.All[0]).Extension}";
        format ??= path == StandardOutput ? ProfileFormat.All[0] : ProfileFormat.OfFile(path) ?? throw new ConfigurationException(
            $"--output is \"{path}\", whose extension is not of a format; add --format");
        // As the user who runs this, before it becomes the store's.
        using var output = path == StandardOutput ? Console.OpenStandardOutput() : Open(path);
        var directory = StoreOptions.Enter(config.PrometheusMultiprocDir);
        var request = new ProfileRequest(
            parsed.GetValue(_seconds), parsed.GetValue(_rate), parsed.GetValue(_worker), parsed.GetValue(_route));
        var (profile, count) = new Profiler(directory, config).Run(request, end);
        var description = count.Describe(profile.Duration, profile.Cost);
        Console.Error.WriteLine(description);
        if (count.Taken == 0) throw new StoreException(count.WhyEmpty(request));
        output.Write(format.Write(profile, description));
        // Only now, so that a profile without samples does not spoil the last one.
        if (output.CanSeek) output.SetLength(output.Position);
        if (path != StandardOutput) Console.Error.WriteLine($"written to {path}");
        return ExitStatus.Ok;
    }

    /// <summary>Opens a file to write, as root too: follows no link that another user planted.</summary>
    private static FileStream Open(string path)
    {
        var descriptor = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenCloseOnExec | Libc.OpenNoFollow, ReadableToAll);
        if (descriptor >= 0) return new(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Write);
        var error = Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());
        throw new ConfigurationException($"--output is \"{path}\", which cannot be written ({error}); name another file");
    }

    private static Option<double> NumberOption(string name, string description, string unit, double given, double highest) => new(name)
    {
        Description = $"{description}; at most {highest.ToString(CultureInfo.InvariantCulture)}",
        HelpName = unit,
        DefaultValueFactory = _ => given,
        CustomParser = argument =>
        {
            var text = argument.Tokens[0].Value;
            if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= highest)
            {
                return number;
            }
            argument.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is \"{text}\"; set it to a number up to {highest}"));
            return 0;
        },
    };
}
