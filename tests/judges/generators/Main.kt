import java.io.File
import org.openapitools.client.infrastructure.Serializer
import org.openapitools.client.models.ClinicalSummary

/** Reads a clinical summary with the generated classes, and prints what it has. */
fun main(arguments: Array<String>) {
    val summary = Serializer.gson.fromJson(File(arguments[0]).readText(), ClinicalSummary::class.java)
    val sections = summary.sections
    println(sections.familyHistory!!.items.joinToString(" ") { it.kind.value })
    println(sections.social!!.items.joinToString(" ") { it.kind.value })
    println(sections.medications!!.items.joinToString(" ") { it.name ?: "?" })
}
