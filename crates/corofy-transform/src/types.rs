//! Which types may be written into the enum as the source writes them.

use syn::{GenericArgument, PathArguments, Type};

/// Types of the standard library without lifetimes: the enum names them as
/// the source does. Any other type becomes a parameter of the enum, because
/// it may have lifetimes or parameters that the enum cannot name.
pub(crate) fn is_nameable(ty: &Type) -> bool {
    const NAMEABLE: &[&str] = &[
        "Box", "Option", "Result", "String", "Vec", "bool", "char", "f32",
        "f64", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32",
        "u64", "u128", "usize",
    ];
    match ty {
        Type::Tuple(tuple) => tuple.elems.iter().all(is_nameable),
        Type::Array(array) => {
            is_nameable(&array.elem) && matches!(array.len, syn::Expr::Lit(_))
        }
        Type::Path(path) if path.qself.is_none() => {
            let [segment] = &path.path.segments.iter().collect::<Vec<_>>()[..]
            else {
                return false;
            };
            let known = NAMEABLE.iter().any(|name| segment.ident == name);
            known
                && match &segment.arguments {
                    PathArguments::None => true,
                    PathArguments::AngleBracketed(arguments) => {
                        arguments.args.iter().all(|argument| {
                            matches!(
                                argument,
                                GenericArgument::Type(ty) if is_nameable(ty)
                            )
                        })
                    }
                    PathArguments::Parenthesized(_) => false,
                }
        }
        _ => false,
    }
}

/// `some_name` as `SomeName`.
pub(crate) fn camel(name: &str) -> String {
    let name = name.trim_start_matches("r#");
    let words = name.split('_').filter(|word| !word.is_empty());
    let camel: String = words
        .map(|word| {
            let mut chars = word.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string());
            first.unwrap_or_default() + chars.as_str()
        })
        .collect();
    if camel.starts_with(|c: char| c.is_uppercase()) {
        camel
    } else {
        format!("T{camel}")
    }
}

/// The type of a literal that says it.
pub(crate) fn of_literal(expr: &syn::Expr) -> Option<Type> {
    let syn::Expr::Lit(literal) = crate::scan::bare(expr) else {
        return None;
    };
    match &literal.lit {
        syn::Lit::Bool(_) => Some(syn::parse_quote!(bool)),
        syn::Lit::Char(_) => Some(syn::parse_quote!(char)),
        syn::Lit::Int(int) => syn::parse_str(int.suffix()).ok(),
        syn::Lit::Float(float) => syn::parse_str(float.suffix()).ok(),
        _ => None,
    }
}
