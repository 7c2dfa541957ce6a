using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace GunicornPrometheusExporter.Exporter.Web;

/// <summary>The subject alternative names of a certificate, as text (RFC 5280, 4.2.1.6).</summary>
internal static class SubjectAlternativeNames
{
    private const string Extension = "2.5.29.17";

    private static readonly Asn1Tag Mail = new(TagClass.ContextSpecific, 1);
    private static readonly Asn1Tag Dns = new(TagClass.ContextSpecific, 2);
    private static readonly Asn1Tag Uri = new(TagClass.ContextSpecific, 6);
    private static readonly Asn1Tag Ip = new(TagClass.ContextSpecific, 7);

    /// <summary>All DNS names, mail addresses, URIs and IP addresses; none if they cannot be read.</summary>
    internal static IReadOnlyList<string> Of(X509Certificate2 certificate)
    {
        if (certificate.Extensions[Extension] is not { } extension) return [];
        try
        {
            var reader = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            var names = new List<string>();
            while (reader.HasData)
            {
                var tag = reader.PeekTag();
                if (tag == Mail || tag == Dns || tag == Uri) names.Add(reader.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else if (tag == Ip) names.Add(new IPAddress(reader.ReadOctetString(tag)).ToString());
                else reader.ReadEncodedValue();
            }
            return names;
        }
        catch (Exception e) when (e is AsnContentException or ArgumentException)
        {
            return [];
        }
    }
}
