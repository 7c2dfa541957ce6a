using System.Text;
using GunicornPrometheusExporter.Exporter.Http;
using GunicornPrometheusExporter.Fuzz.Inputs;
using Microsoft.AspNetCore.Http;

namespace GunicornPrometheusExporter.Fuzz.Targets;

/// <summary>What a client sends along: <c>Accept</c>, <c>Accept-Encoding</c> and the query.</summary>
internal sealed class RequestTarget : IFuzzTarget
{
    private static readonly string[] Words =
    [
        "text/plain", "application/openmetrics-text", "application/vnd.google.protobuf", "*/*", "text/*", ";", ",", "q=", "q=0", "q=0.5",
        "q=1.0001", "version=1.0.0", "version=\"0.0.4\"", "charset=utf-8", "encoding=delimited", "proto=io.prometheus.client.MetricFamily",
        "gzip", "identity", "br", "*", " ", "\"", "name[]=", "&", "%", "%00", "+", "a_total", "é", "=",
    ];

    public string Name => "request";

    public int Share => 20;

    public byte[] Make(Random random)
    {
        var input = new InputWriter();
        for (var header = 0; header < 3; header++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Words[random.Next(Words.Length)]));
            input.Block(Mutations.Damage(random, Encoding.UTF8.GetBytes(text)));
        }
        return input.ToArray();
    }

    public bool Run(ReadOnlySpan<byte> input)
    {
        var script = new InputReader(input);
        var context = new DefaultHttpContext();
        var request = context.Request;
        var accept = Encoding.Latin1.GetString(script.TakeBlock());
        var encoding = Encoding.Latin1.GetString(script.TakeBlock());
        request.Headers.Accept = accept;
        request.Headers.AcceptEncoding = encoding;
        request.QueryString = new QueryString("?" + Encoding.Latin1.GetString(script.TakeBlock()));

        var asked = ScrapeRequest.Of(request, isTextOnly: false);

        FuzzFailure.Unless(asked.Format.ContentType.Length > 0, "a format has no type");
        FuzzFailure.Unless(!asked.IsCompressed || encoding.Contains('*') || encoding.Contains("gzip", StringComparison.OrdinalIgnoreCase), "nobody asked for gzip");
        return asked.Names.Count > 0;
    }

    public void Dispose()
    {
    }
}
