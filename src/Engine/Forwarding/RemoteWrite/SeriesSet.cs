using System.Collections.Frozen;
using System.Collections.Immutable;
using Google.Protobuf;
using GunicornPrometheusExporter.HistogramDetails;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using V2 = GunicornPrometheusExporter.Forwarding.RemoteWrite.Messages.V2;

namespace GunicornPrometheusExporter.Forwarding.RemoteWrite;

/// <summary>The series of one layout, and which of them are live: each sent series gets one stale marker when it disappears.</summary>
internal sealed class SeriesSet
{
    /// <summary>Keeps a request within the limits of receivers and proxies: about 100 KB compressed.</summary>
    private const int SeriesPerRequest = 5_000;

    private readonly RemoteSeries[] _series;
    private readonly ImmutableArray<RequestTemplate> _requests;
    private readonly Dictionary<int, RemoteSeries> _buckets;
    private readonly NativeSeries _natives;
    private readonly bool _isNativeOnly;

    internal SeriesSet(
        SnapshotLayout layout, SnapshotDetails? details, ImmutableArray<Label> common, WriteProtocol protocol, bool isNativeOnly)
    {
        _isNativeOnly = isNativeOnly;
        Layout = layout;
        Protocol = protocol;
        // Empty labels are not sent and names may be escaped, so two samples may have the same series; the first is used.
        _series =
        [
            .. layout.Samples.Select((one, index) => new RemoteSeries(index, one.Family, LabelsOf(one.Sample))
            {
                Start = protocol == WriteProtocol.V1 ? 0 : RemoteSeries.StartOf(details, index),
            }).DistinctBy(series => series.Key),
        ];
        _buckets = _series.Where(series => series.Family.Type == MetricType.Histogram).ToDictionary(series => series.Sample);
        _natives = new NativeSeries(layout, common, isNativeOnly);
        _requests = [.. _series.Chunk(SeriesPerRequest).Select(series => RequestTemplates.Of(series, protocol))];

        ImmutableArray<Label> LabelsOf(SnapshotSample sample)
        {
            var labels = SeriesLabels.Of(sample, common);
            return protocol == WriteProtocol.V1 ? SeriesLabels.Escape(labels) : labels;
        }
    }

    internal SnapshotLayout Layout { get; }

    internal WriteProtocol Protocol { get; }

    /// <summary>Takes over the live series of an earlier set; the series that remain live there have disappeared.</summary>
    internal void Continue(SeriesSet earlier)
    {
        _natives.Continue(earlier._natives);
        var ended = earlier._series.Where(series => series.IsLive).ToDictionary(series => series.Key);
        if (ended.Count == 0) return;
        foreach (var series in _series)
        {
            if (ended.TryGetValue(series.Key, out var same)) series.Continue(same);
        }
    }

    /// <summary>The requests with values and details; the time is in milliseconds since 1970.</summary>
    internal IEnumerable<ByteString> Fill(ReadOnlyMemory<double> values, long time, SnapshotDetails? details)
    {
        if (Protocol == WriteProtocol.V1) return FillTemplates(values, time);
        var classic = _isNativeOnly ? _natives.WithoutClassic(values, details) : values;
        var exemplars = NewExemplars(classic, details);
        var requests = FillTemplates(classic, time)
            .Concat(RequestTemplates.Bodies(exemplars, (one, symbols) => MessageOf(one.Series, one.Exemplar, classic.Span, time, symbols)))
            .Concat(_natives.Fill(values, time, details)).ToArray();
        foreach (var (series, exemplar) in exemplars) (series.HasExemplar, series.ExemplarTime) = (false, exemplar.Time);
        return requests;
    }

    /// <summary>The requests with a stale marker for every live series that no later set has.</summary>
    internal IEnumerable<ByteString> End(long time) => FillTemplates(default, time);

    /// <summary>The same, and for every live native histogram.</summary>
    internal IEnumerable<ByteString> EndAll(long time) => [.. End(time), .. _natives.Fill(default, time, details: null)];

    private IEnumerable<ByteString> FillTemplates(ReadOnlyMemory<double> values, long time) =>
        _requests.Select(request => request.Fill(values.Span, time)).OfType<ByteString>();

    /// <summary>Marks the series of which there is an exemplar that was not sent: they are sent without a template.</summary>
    private List<(RemoteSeries Series, Exemplar Exemplar)> NewExemplars(ReadOnlyMemory<double> values, SnapshotDetails? details)
    {
        var found = new List<(RemoteSeries, Exemplar)>();
        foreach (var (sample, exemplar) in details?.Exemplars ?? FrozenDictionary<int, Exemplar>.Empty)
        {
            if (!_buckets.TryGetValue(sample, out var series) || exemplar.Time <= series.ExemplarTime) continue;
            if (MetricSnapshot.IsAbsent(values.Span[sample])) continue;
            series.HasExemplar = true;
            found.Add((series, exemplar));
        }
        return found;
    }

    private static V2.TimeSeries MessageOf(
        RemoteSeries series, in Exemplar exemplar, ReadOnlySpan<double> values, long time, SymbolTable symbols)
    {
        var message = RequestTemplates.MessageOf(series, symbols);
        message.Samples.Add(new V2.Sample { Value = values[series.Sample], Timestamp = time, StartTimestamp = series.Start });
        message.Exemplars.Add(RequestTemplates.MessageOf(exemplar, symbols));
        return message;
    }
}
