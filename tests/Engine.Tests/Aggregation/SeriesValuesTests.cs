using CsCheck;
using GunicornPrometheusExporter.Aggregation;
using GunicornPrometheusExporter.Metrics;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Aggregation;

public sealed class SeriesValuesTests
{
    private const int Series = 24;

    private static readonly Gen<double> Value = Gen.Frequency(
        (8, Gen.Double[-1e18, 1e18]), (4, Gen.Double[0, 1]),
        (1, Gen.OneOf<double>(0, -0.0, 1e300, -1e300, double.PositiveInfinity, double.NegativeInfinity, double.NaN)));

    /// <summary>Runs of consecutive series among any others, repeated ones among them.</summary>
    private static readonly Gen<int[]> Order = Gen.Select(Gen.Int[0, Series - 9], Gen.Int[1, 9])
        .Select((first, length) => Enumerable.Range(first, length)).Array[1, 6].Select(runs => runs.SelectMany(run => run).ToArray());

    [Fact]
    public void Sums_are_the_same_to_the_bit_however_many_series_are_added_at_once() =>
        Order.SelectMany(order => Value.Array[order.Length].Array[1, 5].Select(files => (order, files))).ForAll(
            (order, files) =>
            {
                var values = new SeriesValues();
                for (var series = 1; series < Series; series++) values.Add();
                var expected = new double[Series];
                var remainders = new double[Series];
                foreach (var file in files)
                {
                    values.Merge(GaugeMode.Sum, order, file, []);
                    foreach (var (series, value) in order.Zip(file))
                    {
                        var before = expected[series];
                        var sum = expected[series] = before + value;
                        remainders[series] += before - (sum - (sum - before)) + (value - (sum - before));
                    }
                }
                for (var series = 0; series < Series; series++)
                {
                    Assert.Equal(series != SeriesValues.Dropped && order.Contains(series), values.Present[series]);
                    AssertSame(expected[series], values.Values[series]);
                    AssertSame(remainders[series], values.Remainders[series]);
                }
            },
            count: 5000);

    private static void AssertSame(double expected, double actual) => Assert.Equal(Bits(expected), Bits(actual));

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(double.IsNaN(value) ? double.NaN : value);
}
