using Google.Protobuf;
using GunicornPrometheusExporter.Forwarding.Otlp.Messages;
using Kind = GunicornPrometheusExporter.Forwarding.Otlp.Messages.Metric.DataOneofCase;

namespace GunicornPrometheusExporter.Forwarding.Otlp;

/// <summary>One data point. Immutable.</summary>
internal sealed record OtlpPoint(OtlpFamily Family, Kind Kind, IMessage Message)
{
    /// <summary>The flag of a point without a value, which ends its series.</summary>
    internal const uint NoRecordedValue = 1;

    /// <summary>Adds the point to a metric of its family and kind.</summary>
    internal void AddTo(Metric metric)
    {
        switch (Message)
        {
            case HistogramDataPoint point: metric.Histogram.DataPoints.Add(point); break;
            case ExponentialHistogramDataPoint point: metric.ExponentialHistogram.DataPoints.Add(point); break;
            case SummaryDataPoint point: metric.Summary.DataPoints.Add(point); break;
            case NumberDataPoint point when Kind == Kind.Sum: metric.Sum.DataPoints.Add(point); break;
            case NumberDataPoint point: metric.Gauge.DataPoints.Add(point); break;
        }
    }
}
