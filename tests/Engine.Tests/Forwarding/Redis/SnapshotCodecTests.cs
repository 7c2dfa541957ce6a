using CsCheck;
using GunicornPrometheusExporter.Forwarding;
using GunicornPrometheusExporter.Forwarding.Redis;
using GunicornPrometheusExporter.Metrics;
using GunicornPrometheusExporter.Snapshots;
using Xunit;

namespace GunicornPrometheusExporter.Engine.Tests.Forwarding.Redis;

public class SnapshotCodecTests
{
    [Fact]
    public void A_layout_is_read_as_it_was_written()
    {
        var encoded = SnapshotCodec.EncodeLayout(Snapshots.Layout);

        Assert.Equal(Snapshots.Text(Snapshots.Layout), Snapshots.Text(SnapshotCodec.DecodeLayout(encoded.Bytes, encoded.Id)));
    }

    [Fact]
    public void Any_values_are_read_bit_by_bit()
    {
        var value = Gen.OneOf(
            Gen.Double, Gen.Long.Select(l => (double)l), Gen.Int[0, 1000].Select(i => (double)i),
            Gen.OneOf(
                0.0, -0.0, 1 / 3.0, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.Epsilon, double.MaxValue,
                9007199254740992, -9007199254740992, 9007199254740994, MetricSnapshot.Absent));

        value.Array[0, 100].ForAll(values =>
        {
            var read = new double[values.Length];
            SnapshotCodec.DecodeValues(SnapshotCodec.EncodeValues(values), read);
            Assert.Equal(values.Select(BitConverter.DoubleToUInt64Bits), read.Select(BitConverter.DoubleToUInt64Bits));
        }, count: 100);
    }

    [Fact]
    public void Layouts_of_the_same_content_have_the_same_id_and_others_another()
    {
        var id = SnapshotCodec.EncodeLayout(Snapshots.Counters(3)).Id;

        Assert.Equal(id, SnapshotCodec.EncodeLayout(Snapshots.Counters(3)).Id);
        Assert.NotEqual(id, SnapshotCodec.EncodeLayout(Snapshots.Counters(4)).Id);
        Assert.NotEqual(id, SnapshotCodec.EncodeLayout(Snapshots.Counters(3, "other_total")).Id);
    }

    [Fact]
    public void A_layout_under_the_id_of_another_is_refused()
    {
        var encoded = SnapshotCodec.EncodeLayout(Snapshots.Counters(3));

        Assert.Throws<SnapshotFormatException>(
            () => SnapshotCodec.DecodeLayout(encoded.Bytes, SnapshotCodec.EncodeLayout(Snapshots.Counters(4)).Id));
    }

    [Fact]
    public void Values_of_another_number_of_samples_are_refused()
    {
        var bytes = SnapshotCodec.EncodeValues([1, 2.5, 3]);

        Assert.Throws<SnapshotFormatException>(() => SnapshotCodec.DecodeValues(bytes, new double[2]));
        Assert.Throws<SnapshotFormatException>(() => SnapshotCodec.DecodeValues(bytes, new double[4]));
    }

    [Fact]
    public void Damaged_bytes_give_one_exception_and_nothing_else()
    {
        var layout = SnapshotCodec.EncodeLayout(Snapshots.Layout);
        var values = SnapshotCodec.EncodeValues([1, 2, 3, 4, 5, 6.5, 7]);
        var refused = 0;

        Gen.Select(Gen.Byte.Array[0, 60], Gen.Int[0, 200], Gen.Bool).ForAll((noise, at, isCut) =>
        {
            Attempt(() => SnapshotCodec.DecodeLayout(Damage(layout.Bytes, noise, at, isCut), layout.Id));
            Attempt(() => SnapshotCodec.DecodeValues(Damage(values, noise, at, isCut), new double[7]));
        }, count: 100);

        Assert.True(refused > 0);

        void Attempt(Action decode)
        {
            try
            {
                decode();
            }
            catch (SnapshotFormatException)
            {
                Interlocked.Increment(ref refused);
            }
        }
    }

    [Fact]
    public void A_layout_of_any_content_is_read_or_refused() => Gen.Byte.Array[0, 200].ForAll(content =>
    {
        try
        {
            _ = LayoutFormat.Read(content, new SharedSamples());
        }
        catch (SnapshotFormatException)
        {
        }
    }, count: 100);

    [Theory]
    [InlineData("", "label")]
    [InlineData("name", "")]
    public void Names_that_an_exposition_cannot_hold_are_refused(string name, string label)
    {
        var encoded = SnapshotCodec.EncodeLayout(new(
            [new(name, MetricType.Gauge, GaugeMode.Sum, "", [Snapshots.Sample(name, (label, "value"))])]));

        Assert.Throws<SnapshotFormatException>(() => SnapshotCodec.DecodeLayout(encoded.Bytes, encoded.Id));
    }

    [Fact]
    public void Names_of_any_characters_are_read_as_they_were()
    {
        const string Name = "a.b\n\"ü";
        var encoded = SnapshotCodec.EncodeLayout(new(
            [new(Name, MetricType.Gauge, GaugeMode.Sum, "", [Snapshots.Sample(Name, ("l x", "value"))])]));

        var sample = Assert.Single(SnapshotCodec.DecodeLayout(encoded.Bytes, encoded.Id).Samples).Sample;

        Assert.Equal((Name, new Label("l x", "value")), (sample.Name, sample.Labels[0]));
    }

    [Fact]
    public void Bytes_that_claim_a_huge_content_are_refused_before_room_is_made()
    {
        byte[] bytes = [SnapshotCodec.Version, 0xff, 0xff, 0xff, 0x1f, 1, 2, 3];
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<SnapshotFormatException>(() => SnapshotCodec.DecodeLayout(bytes, ""));
        Assert.Throws<SnapshotFormatException>(() => SnapshotCodec.DecodeValues(bytes, new double[10]));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void A_layout_that_no_reader_would_take_is_not_written()
    {
        var error = Assert.Throws<ForwardingException>(
            () => SnapshotCodec.EncodeLayout(Snapshots.Counters(SnapshotCodec.MaximumSamples + 1)));

        Assert.Contains("GUNICORN_EXPORTER_MAX_SERIES", error.Message, StringComparison.Ordinal);
    }

    /// <summary>Cuts bytes, or writes noise over them.</summary>
    private static byte[] Damage(byte[] bytes, byte[] noise, int at, bool isCut)
    {
        at %= bytes.Length;
        return isCut ? bytes[..at] : [.. bytes[..at], .. noise, .. bytes.Skip(at + noise.Length)];
    }
}
