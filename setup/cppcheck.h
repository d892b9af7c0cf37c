/* Macros of libraries whose headers cppcheck does not read. */
#define G_DEFINE_QUARK(name, prefix)
#define json_array_foreach(array, index, value) for (index = 0; (value = json_array_get(array, index)); index++)
#define json_object_foreach(object, name, value) for (name = json_name(object); (value = json_next(object)); name = json_name(object))
#define G_GNUC_PRINTF(format, first)
