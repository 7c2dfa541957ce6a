using CsCheck;
using GunicornPrometheusExporter.HistogramDetails;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.HistogramDetails;

public sealed class NativeBucketsTests
{
    [Fact]
    public void A_value_is_above_the_bound_before_its_bucket_and_not_above_its_own() =>
        Gen.Select(Gen.Int[NativeHistogramFormat.LowestSchema, NativeHistogramFormat.HighestSchema], Gen.Double[-19.9, 19.9])
            .ForAll((schema, power) =>
            {
                var buckets = new NativeBuckets(schema);
                var value = Math.Pow(2, power);
                var index = buckets.First + buckets.PlaceOf(value);
                // The bounds here are computed another way, and may be off by the last bit.
                Assert.InRange(value, Bound(schema, index - 1) * (1 - 1e-15), Bound(schema, index) * (1 + 1e-15));
            }, count: 100);

    [Theory]
    [InlineData(0, 1.0, 0)]
    [InlineData(0, 1.5, 1)]
    [InlineData(0, 2.0, 1)]
    [InlineData(0, 0.25, -2)]
    [InlineData(3, 1.0, 0)]
    [InlineData(3, 2.0, 8)]
    [InlineData(3, 1.0000001, 1)]
    [InlineData(3, 0.5, -8)]
    [InlineData(8, 4.0, 512)]
    [InlineData(-1, 4.0, 1)]
    [InlineData(-1, 4.1, 2)]
    [InlineData(-4, 0.001, 0)]
    [InlineData(-4, 60.0, 1)]
    public void A_power_of_two_is_the_upper_bound_of_its_bucket(int schema, double value, int index)
    {
        var buckets = new NativeBuckets(schema);
        Assert.Equal(index, buckets.First + buckets.PlaceOf(value));
    }

    [Theory]
    [InlineData(-4)]
    [InlineData(3)]
    [InlineData(8)]
    public void Every_value_has_a_place(int schema)
    {
        var buckets = new NativeBuckets(schema);
        foreach (var zero in (double[])[0, -1, 1e-7, NativeHistogramFormat.ZeroThreshold, double.NaN]) Assert.Equal(-1, buckets.PlaceOf(zero));
        Assert.Equal(0, buckets.PlaceOf(Math.BitIncrement(NativeHistogramFormat.ZeroThreshold)));
        foreach (var large in (double[])[1L << 20, 1e9, double.MaxValue, double.PositiveInfinity]) Assert.Equal(buckets.Count - 1, buckets.PlaceOf(large));
    }

    private static double Bound(int schema, int index) => Math.Pow(2, index * Math.Pow(2, -schema));
}
